"""From a config and a command line to a config that a runner takes."""

from __future__ import annotations

from pathlib import Path

import torch
from mmengine import Config

from zoo.compat import expand
from zoo.engine.distributed import LAUNCHERS
from zoo.engine.names import config_name
from zoo.errors import UsageError
from zoo.hub import backbone_config
from zoo.registry import BACKBONES


def configure(
    config: Config,
    *,
    work_dir: str | Path | None = None,
    resume: str | None = None,
    weights: str | None = None,
    backbone: str | None = None,
    launcher: str = 'none',
    device: str | None = None,
    amp: bool | None = False,
) -> Config:
    """Apply the options that the command lines share; returns ``config``, changed.

    Args:
        config: loaded config.
        work_dir: folder that the run writes to; ``work_dirs/<name of the config>`` unless given here or in the config.
        resume: ``auto`` for the newest checkpoint of the work directory, or the path of a checkpoint.
        weights: weights to start from: name, path or address.
        backbone: name of a backbone that replaces the config's.
        launcher: program that started the processes: ``none``, ``pytorch``, ``slurm``, ``mpi``.
        device: ``cpu`` or ``cuda``; the GPU where there is one.
        amp: choice of bfloat16 autocast; None for what the config says (``amp``), by default on a GPU only.

    Raises:
        UsageError: An option does not fit the config or the machine.
    """
    name = config_name(config.filename or '')
    config.work_dir = str(expand(work_dir or config.get('work_dir') or Path('work_dirs') / name))
    if resume is not None:
        config.resume = True
        config.load_from = None if resume == 'auto' else str(expand(resume))
    if weights is not None:
        config.weights = weights
    if backbone is not None:
        if 'backbone' not in config.get('model', {}):
            raise UsageError('--backbone: the model of this config has no backbone to replace')
        own = config.model.backbone
        replacing = backbone_config(backbone, 'segment' if config.model.get('type') == 'PartSegmenter' else 'classify')
        kept = BACKBONES.get(replacing['type']).task_arguments
        config.model.backbone = {**replacing, **{key: own[key] for key in kept if key in own}}
    if launcher != 'none':
        config.launcher = launcher
    if config.get('launcher', 'none') not in LAUNCHERS:
        raise UsageError(f'unknown launcher {config.launcher!r}: choose one of {", ".join(LAUNCHERS)}')
    config.device = resolve_device(device or config.get('device'))
    wrapper, said = config.get('optim_wrapper'), config.get('amp')
    if wrapper is not None and (amp or said is not None or amp is None):
        ours = wrapper.get('type', 'OptimWrapper') in ('OptimWrapper', 'AutocastOptimWrapper')
        if not ours and (amp or said):
            raise UsageError(f'--amp: optim_wrapper.type is {wrapper.type} and cannot be switched to autocast')
        if ours and (amp or said or (said is None and config.device == 'cuda')):
            wrapper.type = 'AutocastOptimWrapper'
        elif ours and said is False:
            wrapper.type = 'OptimWrapper'
    return config


def resolve_device(device: str | None) -> str:
    """Return ``cpu`` or ``cuda``.

    Raises:
        UsageError: Another device, or a GPU that is not there.
    """
    available = torch.cuda.is_available()
    if device is None:
        return 'cuda' if available else 'cpu'
    if device not in ('cpu', 'cuda'):
        raise UsageError(f'unknown device {device!r}: choose cpu or cuda')
    if device == 'cuda' and not available:
        raise UsageError('--device cuda: this torch sees no GPU, leave the option out or choose cpu')
    return device
