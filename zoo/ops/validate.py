"""What the functions of this package demand of their inputs."""

from __future__ import annotations

import torch
from torch import Tensor

from zoo.ops import backend


def as_clouds(*clouds: Tensor, names: tuple[str, ...], may_be_empty: str = '') -> list[Tensor]:
    """Check that tensors are clouds (B, N, 3) of one batch, and bring them to one precision.

    Args:
        clouds: tensors (B, N, 3) of one B and one device; N may differ.
        names: names of the clouds in messages.
        may_be_empty: name of the one that may have no point.

    Returns:
        The same clouds in float32, or in float64 if one of them is float64.

    Raises:
        ValueError: If a shape, type or device is wrong, or a cloud of a batch that is not empty has no point.
    """
    for cloud, name in zip(clouds, names, strict=True):
        if cloud.dim() != 3 or cloud.shape[-1] != 3:
            raise ValueError(f'{name} must have the shape (B, N, 3), got {tuple(cloud.shape)}')
        if not cloud.is_floating_point():
            raise ValueError(f'{name} must be floating point, got {cloud.dtype}')
        if cloud.shape[0] and not cloud.shape[1] and name != may_be_empty:
            raise ValueError(f'{name} must hold at least one point per cloud, got {tuple(cloud.shape)}')
        if cloud.shape[0] != clouds[0].shape[0]:
            raise ValueError(f'{names[0]} has {clouds[0].shape[0]} clouds, {name} has {cloud.shape[0]}')
        if cloud.device != clouds[0].device:
            raise ValueError(f'{names[0]} is on {clouds[0].device}, {name} is on {cloud.device}')
    precise = any(cloud.dtype == torch.float64 for cloud in clouds)
    return [cloud.to(torch.float64 if precise else torch.float32) for cloud in clouds]


def require_positive(value: int, name: str) -> None:
    """Raise ``ValueError`` unless a count is at least one."""
    if value < 1:
        raise ValueError(f'{name} must be at least 1, got {value}')


def require_finite(*clouds: Tensor, names: tuple[str, ...]) -> None:
    """Raise ``ValueError`` that names the first cloud (B, N, 3) with a NaN or infinite coordinate.

    On the CPU, one sum finds the suspicion in a single pass over memory; only then every coordinate is looked at,
    because a sum of large numbers may overflow. A GPU is not waited for: see :func:`raise_pending`.
    """
    if not backend.checks():
        return
    if clouds[0].is_cuda:
        _note(clouds)
        return
    if torch.isfinite(torch.stack([cloud.sum() for cloud in clouds]).sum()):
        return
    for cloud, name in zip(clouds, names, strict=True):
        broken = (~torch.isfinite(cloud)).flatten(1).any(dim=1).nonzero().flatten().tolist()
        if broken:
            others = f' (and {len(broken) - 1} more)' if len(broken) > 1 else ''
            raise ValueError(f'{name}: NaN or infinite coordinates at batch index {broken[0]}{others}')


_largest: dict[torch.device, Tensor] = {}
"""Largest magnitude of a coordinate that came by on each GPU since the last look, there; NaN and infinity stay."""


def _note(clouds: tuple[Tensor, ...]) -> None:
    """Remember on the device, without waiting for it, what :func:`raise_pending` reads."""
    device = clouds[0].device
    if device not in _largest:
        if device.type == 'cuda' and torch.cuda.current_stream(device) != torch.cuda.default_stream(device):
            return  # a graph may be in the making here, which would own the tensor; the first step goes without one
        with torch.inference_mode(False):
            _largest[device] = torch.zeros((), dtype=torch.float64, device=device)
    largest = _largest[device]
    for cloud in clouds:
        torch.maximum(largest, torch.linalg.vector_norm(cloud, ord=torch.inf, dtype=largest.dtype), out=largest)


def raise_pending() -> None:
    """Raise what a GPU was not waited for; for where the device is waited for anyway, such as a line of the log.

    Raises:
        ValueError: If NaN or infinite coordinates came to a function of this package on a GPU since the last call.
    """
    for device, largest in _largest.items():
        found = float(largest)
        largest.zero_()
        if not found < float('inf'):
            raise ValueError(f'NaN or infinite coordinates came to zoo.ops on {device}; on the CPU they are named')
