"""Maximum over a set."""

from __future__ import annotations

import torch
from torch import Tensor


def largest(x: Tensor, dim: int) -> Tensor:
    """Maximum of ``x`` over ``dim``, by whichever of torch's two ways is faster.

    ``max`` remembers where each maximum came from, which halves the time of forward and backward together; ``amax``
    remembers nothing and takes a fifth of the time where no gradient is wanted. Of several equal maxima the first gets
    the gradient.

    Args:
        x: (..., M, ...) with M at ``dim``.
        dim: the dimension to be reduced.

    Returns:
        (..., ...) without that dimension.
    """
    if x.requires_grad and torch.is_grad_enabled():
        return x.max(dim=dim).values
    return x.amax(dim=dim)
