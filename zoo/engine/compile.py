"""A compiled step, and one that computes again what it has no memory for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from zoo.engine.progress import say
from zoo.errors import UsageError


class CompiledLoss:
    """Takes the place of ``model.loss``: the whole forward pass, and with it the backward pass, compiled.

    mmengine's own ``compile`` traces the optimizer too, which torch 2.13 cannot. Computed as they are written are the
    first step of a training, in which ``FirstBatchHook`` has norms behave otherwise, and batches of another size, such
    as the last of an epoch: nothing is compiled twice.

    Args:
        model: model with a ``loss``.
        settings: arguments of ``torch.compile``.
        batch_size: clouds of a batch that is compiled.
        begun: state of the training, False before its first step.
    """

    def __init__(self, model: Any, settings: Mapping[str, Any], batch_size: int, begun: bool) -> None:
        self.plain, self.batch_size, self.begun = model.loss, batch_size, begun
        self.compiled: Any = torch.compile(model.loss, **{'dynamic': False, **settings})

    def __call__(self, points: Tensor, **batch: Any) -> dict[str, Tensor]:
        """Return the losses of a batch of clouds (B, N, 3)."""
        begun, self.begun = self.begun, True
        static = len(points) == self.batch_size and all(map(torch.is_tensor, batch.values()))
        if begun and static and self.compiled is not None:
            torch.compiler.cudagraph_mark_step_begin()
            try:
                return dict(self.compiled(points, **batch))
            except (torch._dynamo.exc.TorchDynamoException, ImportError) as error:
                self.compiled = None
                say(f'not compiled, the training goes on as it is ({" ".join(str(error).split()):.200})')
        return dict(self.plain(points, **batch))


def recompute_blocks(model: nn.Module) -> list[nn.Module]:
    """Let the blocks of a model keep their inputs only, and compute the rest again in the backward pass.

    Blocks are the trained members of its lists of modules. Those with batch norm, whose statistics would see every
    batch twice, stay as they are. Numbers do not change: random ones are drawn again.

    Args:
        model: model in training.

    Returns:
        The blocks; ``del block.forward`` undoes it.

    Raises:
        UsageError: There is none.
    """
    lists = [module for module in model.modules() if isinstance(module, nn.ModuleList)]
    blocks = [
        block
        for block in dict.fromkeys(block for entries in lists for block in entries)
        if any(parameter.requires_grad for parameter in block.parameters())
        and not any(isinstance(part, _BatchNorm) for part in block.modules())
    ]
    if not blocks:
        raise UsageError('checkpointing: the model has no blocks without batch norm: take a smaller batch_size instead')
    for block in blocks:
        block.forward = partial(checkpoint, block.forward, use_reentrant=False)
    return blocks
