"""What mmengine's Runner needs from the zoo: loops, hooks, optimizer settings, checkpoints, the command line."""

from __future__ import annotations

from zoo.engine.bank import FeatureBankHook
from zoo.engine.check import check_config
from zoo.engine.checkpoint import CheckpointHook, latest_checkpoint
from zoo.engine.config import configure
from zoo.engine.export import ExportHook, export_weights
from zoo.engine.following import FollowHook
from zoo.engine.loops import EpochLoop, IterLoop
from zoo.engine.losses import LogProcessor, RuntimeInfoHook
from zoo.engine.metrics import Accuracy
from zoo.engine.norms import FirstBatchHook
from zoo.engine.optim import AutocastOptimWrapper, OptimWrapper
from zoo.engine.param_groups import ParamGroups
from zoo.engine.progress import ProgressHook
from zoo.engine.runner import ZooRunner, build_runner
from zoo.engine.schedule import WarmupCosine
from zoo.engine.seeding import IterationSeedHook, seed_all
from zoo.engine.speed import SpeedHook
from zoo.tensors import read_checkpoint

__all__ = [
    'Accuracy',
    'AutocastOptimWrapper',
    'CheckpointHook',
    'EpochLoop',
    'ExportHook',
    'FeatureBankHook',
    'FirstBatchHook',
    'FollowHook',
    'IterLoop',
    'IterationSeedHook',
    'LogProcessor',
    'OptimWrapper',
    'ParamGroups',
    'ProgressHook',
    'RuntimeInfoHook',
    'SpeedHook',
    'WarmupCosine',
    'ZooRunner',
    'build_runner',
    'check_config',
    'configure',
    'export_weights',
    'latest_checkpoint',
    'read_checkpoint',
    'seed_all',
]
