"""mmengine's Runner, made to run on CPUs, to survive kills and to say less."""

from __future__ import annotations

import copy
import io
import itertools
import logging
import os
import platform
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from mmengine import Config
from mmengine.dist import get_world_size, is_main_process, master_only
from mmengine.logging import MMLogger
from mmengine.model import revert_sync_batchnorm
from mmengine.optim import OptimWrapper
from mmengine.runner import BaseLoop, IterBasedTrainLoop, Runner
from mmengine.runner.checkpoint import _load_checkpoint_to_model
from mmengine.utils import apply_to
from torch import nn
from torch.utils.data import DataLoader

import zoo
from zoo.compat import processor
from zoo.engine.check import check_config, readable_build_errors
from zoo.engine.checkpoint import latest_checkpoint
from zoo.engine.config import configure
from zoo.engine.distributed import exchanging, join_processes
from zoo.engine.divergence import Step, require_finite
from zoo.engine.loops import EpochLoop, IterLoop
from zoo.engine.losses import LogProcessor
from zoo.engine.names import config_name
from zoo.engine.progress import say
from zoo.engine.resident import ResidentData
from zoo.engine.resume import reconcile, resume_optimizer, snapshot, unfinished
from zoo.engine.schedule import fit
from zoo.errors import UsageError
from zoo.hub import load_weights
from zoo.io import claimed, named, write_whole
from zoo.ops import backend
from zoo.registry import DATASETS, FUNCTIONS
from zoo.tensors import read_checkpoint

_count = itertools.count()

LOCK = '.training'
"""File of a work directory that says who trains there."""

_NOT_WORTH_A_WARNING = (
    'Failed to search registry with scope "zoo"',  # registries that the zoo adds nothing to
    'Resumed iteration number is not divisible',  # waiting gradients are in the checkpoint
    'has no metainfo',
    'The prefix is not set in metric class',
    '"FileClient" will be deprecated',
    '"HardDiskBackend" is the alias',
)


def build_runner(config: Config) -> ZooRunner:
    """Build the runner of a config.

    Args:
        config: config from :func:`zoo.config.load_config` and :func:`zoo.engine.configure`; without the latter, its
            defaults are filled in.

    Raises:
        UsageError: Something in the config is misspelt, or does not fit the machine.
    """
    if config.get('device') is None or config.get('work_dir') is None:
        configure(config)
    config.setdefault('default_scope', 'zoo')
    config.setdefault('randomness', {'seed': 0})
    check_config(config)
    with readable_build_errors(), named(config.work_dir):
        return ZooRunner.from_cfg(config)


class ZooRunner(Runner):
    """mmengine's ``Runner`` with the differences that follow.

    The device is a choice of the config. Processes train together on CPUs as well. Checkpoints are written in one step
    and read without running code. The console belongs to ``ProgressHook``; mmengine's lines go to the log file. Epochs
    can be resumed at any iteration. Errors of the config are one line.
    """

    _resume: bool
    _load_from: str | None
    _has_loaded: bool
    _testing = False  # then weights have to be whole; training may start some fresh
    _changed: Mapping[str, str] = {}
    resident: ResidentData | None = None

    # --- start --------------------------------------------------------------------------------------------------------

    def __init__(
        self, *args: Any, experiment_name: str | None = None, cfg: Config | None = None, **kwargs: Any
    ) -> None:
        # mmengine keeps loggers and message hubs by name, and adds only the second at which the run began.
        name = f'{config_name((cfg or Config()).filename or "")}_{os.getpid()}_{next(_count)}'
        self.unread: list[Step] = []
        super().__init__(*args, experiment_name=experiment_name or name, cfg=cfg, **kwargs)

    @property
    def device(self) -> str:
        """``cpu`` or ``cuda``."""
        return str(self.cfg.get('device') or 'cpu')

    def setup_env(self, env_cfg: dict[str, Any]) -> None:
        """Join the processes, then do as mmengine."""
        join_processes(self.launcher, self.device)
        super().setup_env(env_cfg)

    def set_randomness(self, seed: int | None, diff_rank_seed: bool = False, deterministic: bool = False) -> None:
        """Seed everything, and choose deterministic algorithms if asked to."""
        if deterministic:
            # cuBLAS reads this when its first handle is made.
            os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
        # What is drawn on a rank is keyed by its number (seed_all); a seed of its own would part the samplers' orders.
        super().set_randomness(seed, False, deterministic)

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Send everything to the log file, and warnings to the console too."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.setLevel(max(handler.level, logging.WARNING))
                handler.addFilter(lambda record: not any(text in record.getMessage() for text in _NOT_WORTH_A_WARNING))
            elif isinstance(handler.stream, io.TextIOWrapper):
                handler.stream.reconfigure(encoding='utf-8')
                handler.handleError = lambda record: None  # type: ignore[method-assign] # a full disk loses a line
        return logger

    def _log_env(self, env_cfg: dict[str, Any]) -> None:
        """Log what the run ran with; mmengine's own list starts compilers and imports torchvision for this."""
        facts = {
            'zoo': zoo.__version__,
            'python': platform.python_version(),
            'torch': torch.__version__,
            'device': torch.cuda.get_device_name() if self.device == 'cuda' else processor(),
            'threads': torch.get_num_threads(),
            'processes': self.world_size,
            'seed': self.seed,
            'deterministic': self.deterministic,
        }
        self.logger.info('Environment: ' + ', '.join(f'{key} {value}' for key, value in facts.items()))
        self.logger.info(f'Config:\n{self.cfg.pretty_text}')

    def dump_config(self) -> None:
        """Write the config, options of the command line included, into the work directory, once it is what runs."""
        if isinstance(self._train_loop, BaseLoop) and is_main_process():
            write_whole(Path(self.work_dir) / Path(self.cfg.filename or 'config.py').name, self.cfg.pretty_text)

    # --- what is built ------------------------------------------------------------------------------------------------

    def build_log_processor(self, log_processor: Any) -> Any:
        """Build what makes lines of figures; the default reads the losses first."""
        if isinstance(log_processor, dict) and 'type' not in log_processor:
            return LogProcessor(**log_processor)
        return super().build_log_processor(log_processor)

    def register_default_hooks(self, hooks: dict[str, Any] | None = None) -> None:
        """Register what every run has; see mmengine."""
        ours = {'teachers': {'type': 'FollowHook'}, 'speed': {'type': 'SpeedHook'}}
        super().register_default_hooks({**ours, **(hooks or {})})

    def wrap_model(self, model_wrapper_cfg: dict[str, Any] | None, model: nn.Module) -> nn.Module:
        """Move the model to the device; with several processes, let it exchange gradients."""
        if model_wrapper_cfg is not None:
            raise UsageError('model_wrapper_cfg is not used here: set find_unused_parameters or sync_bn in the config')
        model = model.to(self.device)
        if not self.distributed:
            return revert_sync_batchnorm(model)
        return exchanging(model, self.cfg, self.device)

    @staticmethod
    def build_dataloader(
        dataloader: DataLoader[Any] | dict[str, Any], seed: int | None = None, diff_rank_seed: bool = False
    ) -> DataLoader[Any]:
        """Build a loader; batches are collated by ``zoo_collate``, and workers start anew in every epoch.

        Workers that persist would carry random numbers from one epoch into the next, where a resumed run lacks them.
        """
        if isinstance(dataloader, DataLoader):
            return dataloader
        settings = copy.deepcopy(dict(dataloader))
        settings.pop('persistent_workers', None)
        for key, default in (('collate_fn', 'zoo_collate'), ('worker_init_fn', 'keep_worker_seed')):
            chosen = dict(settings.get(key) or {'type': default})
            if isinstance(chosen['type'], str):  # mmengine looks names up in its own registry only
                chosen['type'] = FUNCTIONS.get(chosen['type'])
            settings[key] = chosen
        with readable_build_errors():
            if isinstance(settings['dataset'], dict):
                settings['dataset'] = DATASETS.build(settings['dataset'])
            # A set smaller than one batch is one batch; dropped, it would train on nothing.
            share = len(settings['dataset']) // get_world_size()
            if settings.get('drop_last') and share < settings.get('batch_size', 1):
                settings['drop_last'] = False
            return Runner.build_dataloader(settings, seed, diff_rank_seed)

    def build_train_loop(self, loop: BaseLoop | dict[str, Any]) -> BaseLoop:
        """Build the training loop: ``EpochLoop`` or, with ``by_epoch=False``, ``IterLoop``."""
        with readable_build_errors():
            if not isinstance(loop, dict) or 'type' in loop:
                return super().build_train_loop(loop)
            settings = dict(loop)
            kind = EpochLoop if settings.pop('by_epoch', True) else IterLoop
            if kind is IterLoop and 'max_iters' in settings:  # options can add a key, not take one away
                settings.pop('max_epochs', None)
            return kind(runner=self, dataloader=self._train_dataloader, **settings)

    def build_optim_wrapper(self, optim_wrapper: OptimWrapper | dict[str, Any]) -> OptimWrapper:
        """Build the optimizer; see mmengine."""
        with readable_build_errors():
            return super().build_optim_wrapper(optim_wrapper)

    def build_param_scheduler(self, scheduler: Any) -> Any:
        """Build the schedules, with lengths that follow that of the training; see :func:`zoo.engine.schedule.fit`."""
        loop = self.train_loop
        epochs = None if isinstance(loop, IterBasedTrainLoop) else loop.max_epochs
        with readable_build_errors():
            return super().build_param_scheduler(fit(scheduler, epochs, loop.max_iters, len(self.train_dataloader)))

    def build_evaluator(self, evaluator: Any) -> Any:
        """Build the metrics; see mmengine."""
        with readable_build_errors():
            return super().build_evaluator(evaluator)

    def train(self) -> nn.Module:
        """Train, alone in the work directory.

        Raises:
            UsageError: The config does not say how, or another process trains there.
        """
        if self._train_loop is None:
            raise UsageError(f'config {self.cfg.filename} has no training: train_cfg, train_dataloader, optim_wrapper')
        with ExitStack() as stack:
            stack.enter_context(named(self.work_dir))
            if is_main_process():
                stack.enter_context(claimed(Path(self.work_dir) / LOCK, 'trained'))
            if self.device == 'cuda':  # a search for NaN takes launches, and losses tell of it
                stack.callback(backend.set_checks, backend.checks())
                backend.set_checks(False)
            return super().train()

    def _maybe_compile(self, target: str) -> None:
        """Leave ``compile`` to ``SpeedHook``."""

    def test(self) -> dict[str, float]:
        """Test, and return the metrics.

        Raises:
            UsageError: The config does not say how.
        """
        if self._test_loop is None:
            raise UsageError(f'config {self.cfg.filename} has no test: test_cfg, test_dataloader, test_evaluator')
        if not (self._has_loaded or self._resume or self._load_from or self.cfg.get('weights') or self.iter):
            raise UsageError(f'config {self.cfg.filename}: there are no weights to test, name them (weights=SOURCE)')
        self._testing = True
        return super().test()

    # --- checkpoints --------------------------------------------------------------------------------------------------

    def load_or_resume(self) -> None:
        """Resume if asked to and possible; else start from ``weights`` if the config names some."""
        if self._has_loaded:
            return
        if self._resume and self._load_from is None:
            newest = latest_checkpoint(self.work_dir)
            self._load_from = None if newest is None else str(newest)
            self._resume = newest is not None
            if newest is None:
                say(f'no checkpoint in {self.work_dir} yet: starting at the beginning')
        if not self._resume:
            self.cfg.pop('resumed', None)  # of the run whose dumped config this is
        if self._resume or self._load_from is not None:
            super().load_or_resume()
            say(f'{"resumed from" if self._resume else "loaded"} {self._load_from}')
        elif self.cfg.get('weights'):
            model: Any = getattr(self.model, 'module', self.model)
            say(load_weights(model, str(self.cfg.weights), complete=self._testing))
            # Averaged copies of the model were made before.
            self.call_hook('after_load_checkpoint', checkpoint={'state_dict': model.state_dict()})
            self._has_loaded = True
        self.dump_config()

    def load_checkpoint(
        self, filename: str, map_location: Any = 'cpu', strict: bool = False, revise_keys: Any = ((r'^module\.', ''),)
    ) -> dict[str, Any]:
        """Load a checkpoint into the model; to resume, everything has to be there and to fit.

        Raises:
            UsageError: The file is missing or broken, holds no training state, or belongs to another model.
        """
        checkpoint = read_checkpoint(filename)
        lacking = {'meta', 'message_hub', 'optimizer', 'state_dict'} - set(checkpoint)
        if self._resume and lacking:
            raise UsageError(
                f'checkpoint {filename} holds no training state ({", ".join(sorted(lacking))} missing): '
                'start from it with --weights'
            )
        if self._resume:
            data = getattr(self.train_dataloader.dataset, 'fingerprint', None)
            self._changed = reconcile(self.cfg, checkpoint['meta'], data, filename)
        self.call_hook('after_load_checkpoint', checkpoint=checkpoint)
        model = getattr(self.model, 'module', self.model)
        try:
            _load_checkpoint_to_model(
                model, checkpoint, strict or self._resume or self._testing, revise_keys=list(revise_keys)
            )
        except RuntimeError as error:
            reason = ' '.join(str(error).split())
            raise UsageError(f'checkpoint {filename} does not fit the model of the config: {reason:.300}') from error
        self._has_loaded = True
        self.logger.info(f'Loaded {filename}')
        return checkpoint

    def resume(self, filename: str, *args: Any, **kwargs: Any) -> None:
        """Go on from a checkpoint with the rates, the decay and the length of the config.

        mmengine takes them from the checkpoint, and executes a config that it finds there.

        Raises:
            UsageError: See :meth:`load_checkpoint`; or something was changed that cannot be.
        """
        checkpoint = self.load_checkpoint(filename)
        meta, loop, epoch_length = checkpoint['meta'], self.train_loop, len(self.train_dataloader)
        counted = isinstance(loop, IterBasedTrainLoop)
        loop._epoch, loop._iter = meta['epoch'], meta['iter']
        if not counted and meta.get('epoch_length', epoch_length) != epoch_length:
            say(f'an epoch has {epoch_length} iterations now, before {meta["epoch_length"]}: it begins anew')
            loop._iter = loop.epoch * epoch_length
        left = loop.max_iters - loop.iter
        if left < 0:
            raise UsageError(
                f'checkpoint {filename} has made {loop.iter} iterations, more than the {loop.max_iters} of the config: '
                'give a longer train_cfg or a checkpoint from before'
            )
        unfinished(self._changed, left)
        if self.seed != meta['seed']:  # the config has none
            self.set_randomness(**{**self._randomness_cfg, 'seed': meta['seed']})
        self.message_hub.load_state_dict(checkpoint['message_hub'])
        self.message_hub.update_info('cfg', self.cfg.pretty_text)
        steps = 0 if counted else epoch_length
        try:
            resume_optimizer(self.optim_wrapper, self.param_schedulers, checkpoint, loop.iter, steps, self._changed)
        except ValueError as error:
            raise UsageError(f'checkpoint {filename} does not fit the optimizer of the config: {error}') from error
        for line in self._changed.values():
            say(line)
        self.logger.info(f'Resumed at epoch {self.epoch}, iteration {self.iter}')

    @master_only
    def save_checkpoint(
        self,
        out_dir: str,
        filename: str,
        file_client_args: Any = None,
        save_optimizer: bool = True,
        save_param_scheduler: bool = True,
        meta: dict[str, Any] | None = None,
        by_epoch: bool = True,
        backend_args: Any = None,
    ) -> None:
        """Write a checkpoint in one step, with the config as text and as JSON; see mmengine for the arguments.

        Raises:
            Diverged: A number in it is not finite.
        """
        now = {'epoch': self.epoch + by_epoch, 'iter': self.iter + (not by_epoch)}  # the hooks come before the count
        meta = now | (meta or {})
        meta |= {'cfg': self.cfg.pretty_text, 'settings': snapshot(self.cfg), 'seed': self.seed}
        meta |= {'experiment_name': self.experiment_name, 'epoch_length': len(self.train_dataloader)}
        meta['dataset_meta'] = getattr(self.train_dataloader.dataset, 'metainfo', None)
        model: Any = getattr(self.model, 'module', self.model)
        checkpoint = {'meta': meta, 'state_dict': model.state_dict(), 'message_hub': self.message_hub.state_dict()}
        if save_optimizer:
            checkpoint['optimizer'] = self.optim_wrapper.state_dict()
        if save_param_scheduler and self.param_schedulers is not None:
            checkpoint['param_schedulers'] = apply_to(
                self.param_schedulers,
                lambda found: hasattr(found, 'state_dict'),
                lambda schedule: schedule.state_dict(),
            )
        checkpoint = apply_to(checkpoint, torch.is_tensor, torch.Tensor.cpu)
        self.call_hook('before_save_checkpoint', checkpoint=checkpoint)
        require_finite(self, checkpoint)
        content = io.BytesIO()  # torch turns the error of a full disk into another one
        torch.save(checkpoint, content)
        write_whole(Path(out_dir) / filename, lambda file: file.write(content.getbuffer()))

    def close(self) -> None:
        """Close the log file; for programs that run many configs in one process."""
        for handler in self.logger.handlers:
            handler.close()
