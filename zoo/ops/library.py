"""Opaque operators: what torch.compile, torch.export and fake tensors must not look into.

The operations choose a backend at run time, look for NaN, and loop over samples. As operators of torch's dispatcher
they are one node of a graph, with known output shapes, instead of a graph break or an unrolled loop.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

_LIBRARY = torch.library.Library('recon_zoo', 'FRAGMENT')


def define_operator(
    schema: str,
    eager: Callable[..., object],
    fake: Callable[..., object],
    gradient: tuple[Callable[..., None], Callable[..., object]] | None = None,
) -> Callable[..., object]:
    """Register an operator and return its entry in the dispatcher.

    Args:
        schema: name and types, for example ``'knn(Tensor query, int k) -> (Tensor, Tensor)'``.
        eager: implementation, for every device.
        fake: the same with outputs that are only allocated.
        gradient: what is remembered, and what is computed of it: ``setup_context`` and ``backward`` of
            ``torch.library.register_autograd``; without it the outputs have no gradient.

    Returns:
        The callable ``torch.ops.recon_zoo.<name>.default``.
    """
    name = schema.partition('(')[0]
    _LIBRARY.define(schema)
    _LIBRARY.impl(name, eager, 'CompositeExplicitAutograd')
    torch.library.register_fake(f'recon_zoo::{name}', fake, lib=_LIBRARY)
    if gradient is not None:
        remember, backward = gradient
        torch.library.register_autograd(f'recon_zoo::{name}', backward, setup_context=remember, lib=_LIBRARY)
    return getattr(torch.ops.recon_zoo, name).default
