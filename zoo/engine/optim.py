"""Mixed precision that works on every device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.optim import OptimWrapper
from torch import nn

from zoo.registry import OPTIM_WRAPPERS


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
