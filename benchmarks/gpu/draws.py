"""The same random numbers on every device."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map


class SameDraws(TorchDispatchMode):
    """Lets every random operation draw on the CPU, from its generator seeded anew, and moves what it drew.

    So masks, augmentations and stochastic depth of a step are the same on a GPU and on the CPU. Fused attention counts
    as random for its dropout, which nothing here uses, and is left alone.

    Args:
        seed: random seed of the draws.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        """Run one operation."""
        kwargs = dict(kwargs or {})
        tensors = [value for value in args if isinstance(value, Tensor)]
        device = torch.device(kwargs.get('device') or (tensors[0].device if tensors else 'cpu'))
        random = torch.Tag.nondeterministic_seeded in func.tags and 'attention' not in func.name()
        if not random or device.type == 'meta':
            return func(*args, **kwargs)
        replaced = {'device': torch.device('cpu'), 'generator': None}
        given = {name: replaced.get(name, value) for name, value in kwargs.items()}
        drawn = func(*tree_map(_on_cpu, args), **tree_map(_on_cpu, given))
        if func._schema.is_mutable:
            return args[0].copy_(drawn)
        return tree_map(lambda value: value.to(device) if isinstance(value, Tensor) else value, drawn)


def _on_cpu(value: Any) -> Any:
    return value.cpu() if isinstance(value, Tensor) else value
