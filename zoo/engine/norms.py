"""Running statistics of batch norm that begin with data."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from torch.nn.modules.batchnorm import _BatchNorm

from zoo.registry import HOOKS


@HOOKS.register_module()
class FirstBatchHook(Hook):
    """Takes the running statistics of new batch norms from the first batch, not from mean 0 and variance 1.

    At momentum 0.1 a share of 0.9 ** n of the initial variance of 1 is left after n steps. The patch embedding has true
    variances about 1e-5, so the share outweighs them up to some 110 steps: a short run looks untrained in evaluation
    mode. After 200 steps the two are the same to seven digits. Norms that have seen a batch, those of loaded weights
    among them, go on from what they have.
    """

    def before_train(self, runner: Any) -> None:
        """Begin: nothing has been seen by this process."""
        self._new: list[tuple[_BatchNorm, float]] | None = None

    def before_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None) -> None:
        """At the first iteration of this process, let new norms take over what they see."""
        if self._new is not None:
            return
        self._new = [
            (module, module.momentum)
            for module in runner.model.modules()
            if isinstance(module, _BatchNorm)
            and module.momentum is not None
            and module.num_batches_tracked is not None
            and not int(module.num_batches_tracked)
        ]
        for module, _ in self._new:
            module.momentum = 1.0

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Return to the momentum of the layers."""
        while self._new:
            module, momentum = self._new.pop()
            module.momentum = momentum
