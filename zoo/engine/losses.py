"""Losses that stay on the device until a line is logged or something is written."""

from __future__ import annotations

from typing import Any

import mmengine.hooks
import mmengine.runner

from zoo.engine.divergence import keep_losses, read_losses
from zoo.registry import HOOKS, LOG_PROCESSORS


@HOOKS.register_module()
class RuntimeInfoHook(mmengine.hooks.RuntimeInfoHook):
    """mmengine's ``RuntimeInfoHook``, which asks for every loss after every step, without the asking.

    On a GPU a value is an answer to wait for: the host stands still until the step is computed, and the device then
    until the host has prepared the next one. Losses are read before a line of the log, a validation, a file, and at
    the end of an epoch. The log is the same.
    """

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Keep the losses of a step."""
        keep_losses(runner, outputs or {}, data_batch)

    def after_train_epoch(self, runner: Any) -> None:
        """Read what is left of an epoch, before anything is made of it."""
        read_losses(runner)

    def before_val(self, runner: Any) -> None:
        """Read what is left before it is validated."""
        read_losses(runner)
        super().before_val(runner)


@LOG_PROCESSORS.register_module()
class LogProcessor(mmengine.runner.LogProcessor):
    """mmengine's ``LogProcessor``, which first reads the losses since the last line."""

    def get_log_after_iter(self, runner: Any, batch_idx: int, mode: str) -> tuple[dict[str, Any], str]:
        """Return the figures and the text of a line."""
        if mode == 'train':
            read_losses(runner)
        return super().get_log_after_iter(runner, batch_idx, mode)
