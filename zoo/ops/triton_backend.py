"""The kernels of a GPU, written in Triton: float32, the arithmetic of torch's backend, and nothing that waits.

Farthest points are one launch instead of several for every sample; neighborhoods are found, gathered and centered in
one, without a table of distances; Chamfer distances and their gradients are one each. Three habits:

* Squared distances are compared through their bits as integers. Integers have an order even where a float is NaN, so
  that no place outside of a cloud can win; those places hold the integer that always loses.
* Products and sums are not contracted to fused multiply-adds, whose rounding would move ties.
* No atomic operation: every sum has one order, and one input gives one gradient.

With ``TRITON_INTERPRET=1`` in the environment Triton runs the kernels on the CPU, slowly, for tests.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from zoo.ops import torch_backend

_TILE = 32
_UNFUSED = {'enable_fp_fusion': False}
_MOST = tl.constexpr(2**31 - 1)
_LEAST = tl.constexpr(-(2**31))
_INFINITY = tl.constexpr(0x7F800000)


def farthest_points(points: Tensor, num_samples: int, start: int, skipped: Tensor | None) -> Tensor:
    """See :class:`zoo.ops.backend.Kernels`."""
    clouds, size = points.shape[:2]
    points = points.contiguous()
    index = torch.empty((clouds, num_samples), dtype=torch.int64, device=points.device)
    block = triton.next_power_of_2(size)
    settings = {'BLOCK': block, 'SKIP': skipped is not None, 'num_warps': min(max(block // 256, 1), 16)}
    with torch.cuda.device_of(points):
        _farthest[(clouds,)](points, skipped, index, size, num_samples, start, **settings, **_UNFUSED)
    return index


def nearest_points(query: Tensor, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """See :class:`zoo.ops.backend.Kernels`."""
    return _search(query, reference, k, (k,))


def nearest_index(query: Tensor, reference: Tensor) -> Tensor:
    """See :class:`zoo.ops.backend.Kernels`."""
    return nearest_points(query, reference, 1)[1].squeeze(-1)


ball_members = torch_backend.ball_members


def neighborhoods(points: Tensor, centers: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """See :class:`zoo.ops.backend.FusedKernels`."""
    return _search(centers, points, k, (k, 3))


def chamfer(a: Tensor, b: Tensor, norm: int) -> tuple[Tensor, Tensor, Tensor]:
    """See :class:`zoo.ops.backend.FusedKernels`."""
    a, b = a.contiguous(), b.contiguous()
    distance = torch.empty(len(a), device=a.device)
    nearest_b, nearest_a = (torch.empty(cloud.shape[:2], dtype=torch.int64, device=a.device) for cloud in (a, b))
    tensors = (a, b, distance, nearest_b, nearest_a)
    with torch.cuda.device_of(a):
        _chamfer[(len(a),)](*tensors, a.shape[1], b.shape[1], NORM=norm, TILE=_TILE, **_UNFUSED)
    return distance, nearest_b, nearest_a


def chamfer_gradient(grad: Tensor, a: Tensor, b: Tensor, nearest_b: Tensor, nearest_a: Tensor, norm: int) -> Tensor:
    """See :class:`zoo.ops.backend.FusedKernels`."""
    tensors = [tensor.contiguous() for tensor in (grad, a, b, nearest_b, nearest_a)]
    result = torch.empty_like(tensors[1])
    with torch.cuda.device_of(a):
        _chamfer_gradient[(len(a),)](*tensors, result, a.shape[1], b.shape[1], NORM=norm, TILE=_TILE, **_UNFUSED)
    return result


def _search(query: Tensor, reference: Tensor, k: int, width: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Values (B, M, *width), squared distances (K,) or differences (K, 3), and indices (B, M, K)."""
    query, reference = query.contiguous(), reference.contiguous()
    clouds, queries = query.shape[:2]
    size = reference.shape[1]
    value = torch.empty((clouds, queries, *width), device=query.device)
    index = torch.empty((clouds, queries, k), dtype=torch.int64, device=query.device)
    block = triton.next_power_of_2(size)
    settings = {'BLOCK': block, 'SLOTS': triton.next_power_of_2(k), 'RELATIVE': len(width) == 2}
    with torch.cuda.device_of(query):
        _nearest[(clouds * queries,)](
            *(query, reference, value, index, queries, size, k),
            **settings,
            num_warps=min(max(block // 512, 1), 16),
            **_UNFUSED,
        )
    return value, index


@triton.jit
def _planes(cloud: tl.tensor, place: tl.tensor, inside: tl.tensor) -> tl.tensor:
    """Coordinates x, y and z of the points at ``place``."""
    x = tl.load(cloud + place * 3, mask=inside, other=0.0)
    y = tl.load(cloud + place * 3 + 1, mask=inside, other=0.0)
    z = tl.load(cloud + place * 3 + 2, mask=inside, other=0.0)
    return x, y, z


@triton.jit(do_not_specialize=['start'])
def _farthest(
    points: tl.tensor,
    skipped: tl.tensor,
    index: tl.tensor,
    size: tl.tensor,
    num_samples: tl.tensor,
    start: tl.tensor,
    SKIP: tl.constexpr,
    BLOCK: tl.constexpr,
) -> None:
    """One program per cloud, whose points stay in registers."""
    cloud = tl.program_id(0).to(tl.int64)
    points += cloud * size * 3
    index += cloud * num_samples
    place = tl.arange(0, BLOCK)
    inside = place < size
    x, y, z = _planes(points, place, inside)
    nearest = tl.where(inside, _INFINITY, _LEAST)
    if SKIP:
        nearest = tl.where(tl.load(skipped + cloud * size + place, mask=inside, other=0) != 0, -1, nearest)
    current = start
    for sample in range(0, num_samples):
        tl.store(index + sample, current)
        nearest = tl.where(place == current, -1, nearest)
        dx = x - tl.load(points + current * 3)
        dy = y - tl.load(points + current * 3 + 1)
        dz = z - tl.load(points + current * 3 + 2)
        distance = (dx * dx + dy * dy) + dz * dz
        nearest = tl.minimum(nearest, distance.to(tl.int32, bitcast=True))
        current = tl.argmax(nearest, axis=0)


@triton.jit
def _nearest(
    query: tl.tensor,
    reference: tl.tensor,
    value: tl.tensor,
    index: tl.tensor,
    queries: tl.tensor,
    size: tl.tensor,
    k: tl.tensor,
    RELATIVE: tl.constexpr,
    BLOCK: tl.constexpr,
    SLOTS: tl.constexpr,
) -> None:
    """One program per query point, whose squared distances stay in registers; the nearest is taken out k times."""
    row = tl.program_id(0).to(tl.int64)
    query += row * 3
    reference += row // queries * size * 3
    here_x, here_y, here_z = tl.load(query), tl.load(query + 1), tl.load(query + 2)
    place = tl.arange(0, BLOCK)
    inside = place < size
    x, y, z = _planes(reference, place, inside)
    dx, dy, dz = x - here_x, y - here_y, z - here_z
    distance = ((dx * dx + dy * dy) + dz * dz).to(tl.int32, bitcast=True)
    distance = tl.where(inside, distance, _MOST)
    slot = tl.arange(0, SLOTS)
    found = tl.zeros([SLOTS], tl.int32)
    near = tl.zeros([SLOTS], tl.int32)
    for taken in range(0, tl.minimum(k, size)):
        smallest, best = tl.min(distance, axis=0, return_indices=True)
        distance = tl.where(place == best, _MOST, distance)
        # The nearest fills every slot, so that those behind the last point of a small cloud hold it.
        fits = (slot == taken) | (taken == 0)
        found = tl.where(fits, best, found)
        near = tl.where(fits, smallest, near)
    wanted = slot < k
    tl.store(index + row * k + slot, found, mask=wanted)
    if RELATIVE:
        x, y, z = _planes(reference, found, wanted)
        value += (row * k + slot) * 3
        tl.store(value, x - here_x, mask=wanted)
        tl.store(value + 1, y - here_y, mask=wanted)
        tl.store(value + 2, z - here_z, mask=wanted)
    else:
        tl.store(value + row * k + slot, near.to(tl.float32, bitcast=True), mask=wanted)


@triton.jit
def _one_way(
    left: tl.tensor,
    right: tl.tensor,
    index: tl.tensor,
    left_size: tl.tensor,
    right_size: tl.tensor,
    NORM: tl.constexpr,
    TILE: tl.constexpr,
) -> tl.tensor:
    """Mean distance from the left points to the nearest right ones, whose indices are stored."""
    total = tl.zeros([TILE], tl.float32)
    for first_row in range(0, left_size, TILE):
        row = first_row + tl.arange(0, TILE)
        x, y, z = _planes(left, row, row < left_size)
        smallest = tl.full([TILE], _MOST, tl.int32)
        winner = tl.zeros([TILE], tl.int32)
        for first_column in range(0, right_size, TILE):
            column = first_column + tl.arange(0, TILE)
            there_x, there_y, there_z = _planes(right, column, column < right_size)
            dx, dy, dz = x[:, None] - there_x[None, :], y[:, None] - there_y[None, :], z[:, None] - there_z[None, :]
            distance = ((dx * dx + dy * dy) + dz * dz).to(tl.int32, bitcast=True)
            distance = tl.where((column < right_size)[None, :], distance, _MOST)
            best, place = tl.min(distance, axis=1, return_indices=True)
            winner = tl.where(best < smallest, first_column + place, winner)
            smallest = tl.minimum(smallest, best)
        tl.store(index + row, winner, mask=row < left_size)
        length = smallest.to(tl.float32, bitcast=True)
        if NORM == 1:
            length = tl.sqrt_rn(length)
        total += tl.where(row < left_size, length, 0.0)
    return tl.sum(total, axis=0) / left_size


@triton.jit
def _chamfer(
    a: tl.tensor,
    b: tl.tensor,
    distance: tl.tensor,
    nearest_b: tl.tensor,
    nearest_a: tl.tensor,
    a_size: tl.tensor,
    b_size: tl.tensor,
    NORM: tl.constexpr,
    TILE: tl.constexpr,
) -> None:
    """One program per pair of clouds."""
    pair = tl.program_id(0).to(tl.int64)
    a += pair * a_size * 3
    b += pair * b_size * 3
    there = _one_way(a, b, nearest_b + pair * a_size, a_size, b_size, NORM, TILE)
    back = _one_way(b, a, nearest_a + pair * b_size, b_size, a_size, NORM, TILE)
    tl.store(distance + pair, (there + back) * (1.0 if NORM == 2 else 0.5))


@triton.jit
def _slopes(dx: tl.tensor, dy: tl.tensor, dz: tl.tensor, size: tl.tensor, NORM: tl.constexpr) -> tl.tensor:
    """Gradients of the mean square, or of half the mean length, of ``size`` differences; zero where they are."""
    if NORM == 2:
        factor = 2.0 / size
    else:
        length = tl.sqrt_rn((dx * dx + dy * dy) + dz * dz)
        factor = 0.5 / (tl.where(length > 0, length, 1.0) * size)
    return dx * factor, dy * factor, dz * factor


@triton.jit
def _chamfer_gradient(
    grad: tl.tensor,
    a: tl.tensor,
    b: tl.tensor,
    nearest_b: tl.tensor,
    nearest_a: tl.tensor,
    result: tl.tensor,
    a_size: tl.tensor,
    b_size: tl.tensor,
    NORM: tl.constexpr,
    TILE: tl.constexpr,
) -> None:
    """One program per pair; a point of a collects from those of b that chose it, by comparing their choices with it."""
    pair = tl.program_id(0).to(tl.int64)
    scale = tl.load(grad + pair)
    a += pair * a_size * 3
    b += pair * b_size * 3
    result += pair * a_size * 3
    for first_row in range(0, a_size, TILE):
        row = first_row + tl.arange(0, TILE)
        x, y, z = _planes(a, row, row < a_size)
        partner = tl.load(nearest_b + pair * a_size + row, mask=row < a_size, other=0)
        there_x, there_y, there_z = _planes(b, partner, row < a_size)
        total_x, total_y, total_z = _slopes(x - there_x, y - there_y, z - there_z, a_size, NORM)
        for first_column in range(0, b_size, TILE):
            column = first_column + tl.arange(0, TILE)
            choice = tl.load(nearest_a + pair * b_size + column, mask=column < b_size, other=-1)
            pull_x, pull_y, pull_z = _planes(a, choice, column < b_size)
            there_x, there_y, there_z = _planes(b, column, column < b_size)
            pull_x, pull_y, pull_z = _slopes(pull_x - there_x, pull_y - there_y, pull_z - there_z, b_size, NORM)
            chosen = choice[None, :] == row[:, None]
            total_x += tl.sum(tl.where(chosen, pull_x[None, :], 0.0), axis=1)
            total_y += tl.sum(tl.where(chosen, pull_y[None, :], 0.0), axis=1)
            total_z += tl.sum(tl.where(chosen, pull_z[None, :], 0.0), axis=1)
        tl.store(result + row * 3, total_x * scale, mask=row < a_size)
        tl.store(result + row * 3 + 1, total_y * scale, mask=row < a_size)
        tl.store(result + row * 3 + 2, total_z * scale, mask=row < a_size)
