"""Steps of the optimizer that nobody waits for, and mixed precision that works on every device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import mmengine.optim
import torch
from torch import Tensor, nn

from zoo.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class OptimWrapper(mmengine.optim.OptimWrapper):
    """mmengine's ``OptimWrapper`` that leaves the norm of the gradients on the device.

    Attributes:
        norm: norm before clipping, a scalar; None where nothing was clipped.
    """

    norm: Tensor | None = None

    def _clip_grad(self) -> None:
        """Clip the gradients; mmengine's turns their norm into a number at once."""
        parameters = [p for group in self.optimizer.param_groups for p in group['params'] if p.grad is not None]
        if parameters:
            self.norm = self.clip_func(parameters, **self.clip_grad_kwargs)


@OPTIM_WRAPPERS.register_module()
class AutocastOptimWrapper(OptimWrapper):
    """Forward passes in bfloat16 autocast, on CPU and GPU; weights, gradients and the step stay float32.

    bfloat16 has the exponent range of float32, so there is no loss scaler, and gradient clipping and accumulation work
    as in mmengine's ``OptimWrapper``, whose arguments this takes. mmengine's own ``AmpOptimWrapper`` insists on a GPU.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the forward pass of ``model`` in autocast, and without gradient exchange while gradients accumulate."""
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(device, dtype=torch.bfloat16):
            yield
