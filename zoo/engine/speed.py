"""What makes training fast on a device: chosen when it starts, and said in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from mmengine.hooks import Hook
from torch import nn

from zoo.engine.compile import CompiledLoss, recompute_blocks
from zoo.engine.optim import AutocastOptimWrapper
from zoo.engine.resident import NotResident, ResidentData
from zoo.registry import HOOKS

PAYS = 5000
"""Steps from which compiling is taken to pay: an estimate, a minute of compiling against 10 ms a step."""


@HOOKS.register_module()
class SpeedHook(Hook):
    """Carries out the keys of a config that say how a run computes, and logs all of it in one line.

    ``resident``, ``compile``: True, False, or None, which leaves the choice to the device: a GPU holds the data, and
    compiles where the training is long enough; a CPU does neither. ``compile`` may be a dict of arguments of
    ``torch.compile``. ``checkpointing`` and ``tf32`` are off unless set: in autocast, only what needs every digit is
    left in float32. A part of every run, after the feature banks are attached.
    """

    priority = 'NORMAL'

    def before_train(self, runner: Any) -> None:
        """Choose, and say so."""
        self.blocks: list[nn.Module] = []
        self.model = getattr(runner.model, 'module', runner.model)
        wrapper = runner.optim_wrapper
        optimizer = getattr(wrapper, 'optimizer', wrapper)
        fused = bool(getattr(optimizer, 'defaults', {}).get('fused'))
        said = [
            'forward in bfloat16 (autocast)' if isinstance(wrapper, AutocastOptimWrapper) else 'forward in float32',
            self._round(runner),
            self._place(runner),
            self._compile(runner),
            self._checkpoint(runner),
            f'{getattr(wrapper, "_accumulative_counts", 1)} x {runner.train_dataloader.batch_size} samples a step',
            f'{"fused " * fused}{type(optimizer).__name__}',
        ]
        if runner.distributed:
            said.append('static graph' if runner.model.static_graph else 'graph searched for unused parameters')
        runner.logger.info(f'Speed: {", ".join(said)}')

    def after_train(self, runner: Any) -> None:
        """Leave the model as it was found."""
        vars(self.model).pop('loss', None)
        for block in self.blocks:
            vars(block).pop('forward', None)

    def _round(self, runner: Any) -> str:
        """Let a GPU round products and convolutions of float32 to TF32, or not; torch rounds convolutions by itself."""
        tf32 = bool(runner.cfg.get('tf32'))
        if runner.device == 'cuda':
            torch.set_float32_matmul_precision('high' if tf32 else 'highest')
            torch.backends.cudnn.allow_tf32 = tf32
        return f'TF32 {"on" if tf32 else "off"}'

    def _place(self, runner: Any) -> str:
        """Bring the data to the device if they shall be there."""
        wanted, cuda = runner.cfg.get('resident'), runner.device == 'cuda'
        loader = runner.train_dataloader
        loader.pin_memory = loader.pin_memory or cuda
        if not (cuda if wanted is None else wanted):
            return 'data loaded batch by batch'
        try:
            runner.resident = ResidentData(loader, runner.device)
        except NotResident as reason:
            return f'data loaded batch by batch ({reason})'
        return f'data on the device ({runner.resident.nbytes / 2**20:.0f} MiB)'

    def _compile(self, runner: Any) -> str:
        """Compile the loss if it shall be; the work itself is done at the second batch."""
        wanted, cuda = runner.cfg.get('compile'), runner.device == 'cuda'
        settings: dict[str, Any] = {'mode': 'reduce-overhead'} if cuda else {}
        if isinstance(wanted, Mapping):
            settings, wanted = dict(wanted), True
        elif wanted is None:
            wanted = cuda and runner.max_iters >= PAYS  # resumed runs too, whose digits stay the same
        if not wanted or not hasattr(self.model, 'loss'):
            return 'not compiled'
        self.model.loss = CompiledLoss(self.model, settings, runner.train_dataloader.batch_size, runner.iter > 0)
        return f'compiled ({", ".join(f"{key} {value}" for key, value in settings.items()) or "default"})'

    def _checkpoint(self, runner: Any) -> str:
        """Let blocks be computed twice if they shall be."""
        if runner.cfg.get('checkpointing'):
            self.blocks = recompute_blocks(self.model)
            return f'{len(self.blocks)} blocks computed twice'
        return 'activations kept'
