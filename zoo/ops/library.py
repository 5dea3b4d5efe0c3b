"""Opaque operators: what torch.compile, torch.export and fake tensors must not look into.

The searches choose a backend at run time, ask the device for NaN, and loop over samples. As operators of torch's
dispatcher they are one node of a graph, with known output shapes, instead of a graph break or an unrolled loop.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

_LIBRARY = torch.library.Library('recon_zoo', 'FRAGMENT')


def define_operator(schema: str, eager: Callable[..., object], fake: Callable[..., object]) -> Callable[..., object]:
    """Register an operator without gradient and return its entry in the dispatcher.

    Args:
        schema: Name and types, for example ``'knn(Tensor query, int k) -> (Tensor, Tensor)'``.
        eager: The implementation, for every device.
        fake: The same with outputs that are only allocated.

    Returns:
        The callable ``torch.ops.recon_zoo.<name>.default``.
    """
    name = schema.partition('(')[0]
    _LIBRARY.define(schema)
    _LIBRARY.impl(name, eager, 'CompositeExplicitAutograd')
    torch.library.register_fake(f'recon_zoo::{name}', fake, lib=_LIBRARY)
    return getattr(torch.ops.recon_zoo, name).default
