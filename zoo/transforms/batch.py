"""What batched transforms share: choosing points, and moving points together with their normals.

A batch is a dict; what belongs to single points is ``points (B, N, 3)`` and, where they exist, unit ``normals
(B, N, 3)`` and ``part (B, N)``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

Batch = dict[str, Any]

PER_POINT = ('points', 'normals', 'part')
"""Keys of a batch that hold one entry for every point."""


def take_points(batch: Batch, index: Tensor) -> Batch:
    """Select points, and with them their normals and parts.

    Args:
        batch: Batch with ``points (B, N, 3)`` and possibly ``normals (B, N, 3)`` and ``part (B, N)``.
        index: int64, shape ``(B, S)``, on the device of the points.

    Returns:
        The batch with ``points (B, S, 3)``, ``normals (B, S, 3)`` and ``part (B, S)``.
    """
    size, total = batch['points'].shape[:2]
    # One flat index_select is several times faster than gather with an expanded index.
    flat = (index + torch.arange(size, device=index.device)[:, None] * total).reshape(-1)
    taken = dict(batch)
    for key in PER_POINT:
        if key in batch:
            rows = batch[key].reshape(size * total, *batch[key].shape[2:])
            taken[key] = rows.index_select(0, flat).view(*index.shape, *rows.shape[1:])
    return taken


def turned(batch: Batch, matrix: Tensor) -> Batch:
    """Multiply every point and normal, as a row, by a matrix.

    Args:
        batch: Batch with ``points (B, N, 3)`` and possibly ``normals (B, N, 3)``.
        matrix: Orthogonal, ``(B, 3, 3)``, any device.

    Returns:
        The batch with ``points @ matrix`` and ``normals @ matrix``.
    """
    points = batch['points']
    first, second, third = matrix.to(points, non_blocking=True)[:, None].unbind(dim=2)
    result = dict(batch)
    for key in ('points', 'normals'):
        if key in batch:
            x, y, z = batch[key].split(1, dim=2)
            # Not a matrix product: autocast or TF32 would round the coordinates, and devices would differ.
            result[key] = x * first + y * second + z * third
    return result


def stretched(batch: Batch, factor: Tensor) -> Batch:
    """Multiply coordinates by factors; normals follow by the inverse factors and stay of unit length.

    Args:
        batch: Batch with ``points (B, N, 3)`` and possibly ``normals (B, N, 3)``.
        factor: ``(B, 1, 3)`` or ``(B, 1, 1)``, not zero, any device. A negative one mirrors.

    Returns:
        The batch with ``points * factor``; a normal of length zero stays zero.
    """
    points = batch['points']
    factor = factor.to(points, non_blocking=True)
    result = {**batch, 'points': points * factor}
    if 'normals' in batch:
        x, y, z = (batch['normals'] / factor).split(1, dim=2)
        length = (x * x + y * y + z * z).sqrt()
        result['normals'] = torch.cat([x, y, z], dim=2) / length.clamp_min(torch.finfo(length.dtype).tiny)
    return result
