"""The portable backend: torch operations only, on every device.

Coordinates are kept in separate planes x, y and z: sums over a last axis of three run far below memory speed.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

LARGEST_BLOCK = {'cpu': 2**19, 'cuda': 2**26}
"""Distances held at once; larger searches go through the queries in blocks. On the CPU a block fits the cache, and the
allocator reuses its memory: fresh pages cost three times as much as the search."""


def farthest_points(points: Tensor, num_samples: int, start: int, skipped: Tensor | None) -> Tensor:
    """See :class:`zoo.ops.backend.Kernels`."""
    x, y, z = (plane.contiguous() for plane in points.unbind(-1))
    nearest = torch.full_like(x, torch.inf)
    if skipped is not None:
        nearest.masked_fill_(skipped, -1)
    distance, square = torch.empty_like(x), torch.empty_like(x)
    current = torch.full((len(points), 1), start, device=points.device)
    index = current.repeat(1, num_samples)
    for sample in range(1, num_samples):
        nearest.scatter_(1, current, -1)
        torch.sub(x, x.gather(1, current), out=distance).square_()
        for plane in (y, z):
            distance.add_(torch.sub(plane, plane.gather(1, current), out=square).square_())
        torch.minimum(nearest, distance, out=nearest)
        current = nearest.argmax(dim=1, keepdim=True)
        index[:, sample : sample + 1] = current
    return index


def nearest_points(query: Tensor, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """See :class:`zoo.ops.backend.Kernels`."""
    blocks = [smallest(_squared_distances(block, reference), k) for block in _blocks(query, reference)]
    distance, index = zip(*blocks, strict=True)
    return torch.cat(distance, dim=1), torch.cat(index, dim=1)


def nearest_index(query: Tensor, reference: Tensor) -> Tensor:
    """See :class:`zoo.ops.backend.Kernels`."""
    # min() is twice as fast as argmin() on the CPU; both return the first of equals.
    blocks = [_squared_distances(block, reference).min(dim=-1).indices for block in _blocks(query, reference)]
    return torch.cat(blocks, dim=1)


def ball_members(query: Tensor, reference: Tensor, bound: float, k: int) -> Tensor:
    """See :class:`zoo.ops.backend.Kernels`."""
    blocks = [_first_true(_squared_distances(block, reference) < bound, k) for block in _blocks(query, reference)]
    return torch.cat(blocks, dim=1)


def _blocks(query: Tensor, reference: Tensor) -> tuple[Tensor, ...]:
    limit = LARGEST_BLOCK.get(query.device.type, LARGEST_BLOCK['cuda'])
    rows = limit // (reference.shape[0] * reference.shape[1])
    return query.split(max(1, rows), dim=1)


def _squared_distances(query: Tensor, reference: Tensor) -> Tensor:
    """Squared distances (B, M, N), each step rounded as in the other backends."""
    left = query.transpose(1, 2).contiguous().unsqueeze(-1)
    right = reference.transpose(1, 2).contiguous().unsqueeze(-2)
    total = (left[:, 0] - right[:, 0]).square_()
    square = torch.empty_like(total)
    for axis in (1, 2):
        total.add_(torch.sub(left[:, axis], right[:, axis], out=square).square_())
    return total


def smallest(distance: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k smallest of the last axis in order, (values, indices), ties to the lowest index.

    ``topk`` leaves ties undefined. Bits of non-negative floats are ordered like the floats, so the 64-bit integer of
    (bits, index) has no ties and the wanted order.
    """
    if distance.dtype == torch.float64:
        order = distance.sort(dim=-1, stable=True)
        return order.values[..., :k].contiguous(), order.indices[..., :k].contiguous()
    low = 2**32 - 1
    key = distance.view(torch.int32).long().bitwise_left_shift_(32)
    key |= torch.arange(distance.shape[-1], device=distance.device)
    if key.device.type == 'cpu':  # NumPy's vectorised selection is four times faster than topk
        array = key.numpy()
        array.partition(k - 1)
        key = torch.from_numpy(np.sort(array[..., :k]))
    else:
        key = key.topk(k, largest=False).values
    return key.bitwise_right_shift(32).int().view(torch.float32), key & low


def _first_true(inside: Tensor, k: int) -> Tensor:
    """Indices (B, M, k) of the first k true of (B, M, N); the first of all, or 0, where there are fewer."""
    size = inside.shape[-1]
    score = inside * torch.arange(size, 0, -1, dtype=torch.int32, device=inside.device)
    score = score.topk(min(k, size)).values
    index = torch.where(score > 0, size - score, torch.where(score[..., :1] > 0, size - score[..., :1], 0)).long()
    return torch.cat([index, index[..., :1].expand(*index.shape[:2], max(0, k - size))], dim=-1)
