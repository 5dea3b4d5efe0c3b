"""Compiling a part of the model."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook

from zoo.errors import UsageError
from zoo.registry import HOOKS


@HOOKS.register_module()
class CompileHook(Hook):
    """Compiles one submodule with ``nn.Module.compile``, which keeps the names of its parameters.

    mmengine's ``compile=True`` traces the whole training step with the optimizer in it, which fails on torch 2.13.

    Args:
        target: Dotted name of the submodule, e.g. ``backbone``; empty for the whole model.
        options: Arguments of ``torch.compile``.
    """

    def __init__(self, target: str = '', **options: Any) -> None:
        self.target, self.options = target, options

    def before_train(self, runner: Any) -> None:
        """Compile; the work itself is done at the first batch."""
        model = getattr(runner.model, 'module', runner.model)
        try:
            submodule = model.get_submodule(self.target)
        except AttributeError as error:
            parts = ', '.join(name for name, _ in model.named_children())
            raise UsageError(f'CompileHook: the model has no part {self.target!r}; it has {parts}') from error
        submodule.compile(**self.options)
