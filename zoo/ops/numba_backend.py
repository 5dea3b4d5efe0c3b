"""The accelerator of the CPU: the same arithmetic as torch's backend, compiled by numba for float32.

Two habits make the loops fast. Coordinates of a cloud are copied into planes, which fit the cache and the vector unit.
And non-negative floats are compared through their bits as integers, because a minimum or maximum of integers may be
reordered and thus vectorised; that of floats may not (NaN). No fast-math, so no fused or reordered sums.

The kernels are compiled without numba's threads, which take seconds to compile and do not survive a fork: they release
the interpreter lock, and large batches are divided among Python threads. Compiled code is cached on disk by numba.
"""

from __future__ import annotations

import functools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from numba import njit
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Integers = NDArray[np.int64]

WORK_PER_THREAD = 2**24
"""Distances that are worth a thread: a few milliseconds, for which torch's idle threads keep the cores busy anyway."""

PLAIN, CELL = 128, 32
"""Samples before cells are left alone, and points of a cell if all cells were filled; surfaces fill a part of them."""

_Kernel = TypeVar('_Kernel', bound='Callable[..., Any]')
_LARGEST = np.int64(2**63 - 1)


def farthest_points(points: Tensor, num_samples: int, start: int, skipped: Tensor | None) -> Tensor:
    """See :class:`zoo.ops.backend.Kernels`."""
    clouds, size = points.shape[:2]
    index = torch.empty((clouds, num_samples), dtype=torch.int64)
    nearest = torch.full((clouds, size), torch.inf)
    if skipped is not None:
        nearest.masked_fill_(skipped, -1)
    arrays = (_array(points), start, nearest.numpy(), index.numpy())
    _over_clouds(_farthest, clouds, clouds * size * num_samples, *arrays)
    return index


def nearest_points(query: Tensor, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """See :class:`zoo.ops.backend.Kernels`."""
    clouds, size = query.shape[:2]
    distance = torch.empty((clouds, size, k))
    index = torch.empty((clouds, size, k), dtype=torch.int64)
    arrays = (_array(query), _array(reference), distance.numpy(), index.numpy())
    _over_clouds(_nearest_many, clouds, 4 * clouds * size * reference.shape[1], *arrays)
    return distance, index


def nearest_index(query: Tensor, reference: Tensor) -> Tensor:
    """See :class:`zoo.ops.backend.Kernels`."""
    clouds, size = query.shape[:2]
    index = torch.empty((clouds, size), dtype=torch.int64)
    arrays = (_array(query), _array(reference), index.numpy())
    _over_clouds(_nearest_one, clouds, clouds * size * reference.shape[1], *arrays)
    return index


def ball_members(query: Tensor, reference: Tensor, bound: float, k: int) -> Tensor:
    """See :class:`zoo.ops.backend.Kernels`."""
    clouds, size = query.shape[:2]
    index = torch.zeros((clouds, size, k), dtype=torch.int64)
    arrays = (_array(query), _array(reference), np.float32(bound), index.numpy())
    _over_clouds(_first_inside, clouds, clouds * size * reference.shape[1], *arrays)
    return index


def _array(points: Tensor) -> Floats:
    return points.contiguous().numpy()


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix='zoo-ops')


if hasattr(os, 'register_at_fork'):  # threads do not survive a fork; the child starts its own when it needs them
    os.register_at_fork(after_in_child=_threads.cache_clear)


def _over_clouds(kernel: Callable[..., None], clouds: int, work: int, *arguments: Any) -> None:
    """Run ``kernel(*arguments, first, last)`` over all clouds, in as many threads as the work and torch allow."""
    parts = min(torch.get_num_threads(), clouds, 1 + work // WORK_PER_THREAD)
    bounds = [clouds * part // parts for part in range(parts + 1)]
    jobs = [(*arguments, bounds[part], bounds[part + 1]) for part in range(parts)]
    waiting = [_threads().submit(kernel, *job) for job in jobs[1:]]
    kernel(*jobs[0])
    for part in waiting:
        part.result()


def _compiled(function: _Kernel) -> _Kernel:
    """Compile at the first call; without a folder to write to, every process compiles for itself."""
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)


@_compiled
def _planes(cloud: Floats) -> tuple[Floats, Floats, Floats]:
    size = len(cloud)
    x, y, z = np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.float32)
    for i in range(size):
        x[i], y[i], z[i] = cloud[i, 0], cloud[i, 1], cloud[i, 2]
    return x, y, z


@_compiled
def _farthest(points: Floats, start: int, distances: Floats, index: Integers, first: int, last: int) -> None:
    size, plain = points.shape[1], min(index.shape[1], PLAIN)
    for cloud in range(first, last):
        x, y, z = _planes(points[cloud])
        nearest = distances[cloud]
        bits = nearest.view(np.int32)
        current = start
        index[cloud, 0] = current
        for sample in range(1, plain):
            nearest[current] = -1
            center_x, center_y, center_z = x[current], y[current], z[current]
            for i in range(size):
                dx, dy, dz = x[i] - center_x, y[i] - center_y, z[i] - center_z
                distance = dx * dx + dy * dy + dz * dz
                nearest[i] = distance if distance < nearest[i] else nearest[i]
            farthest = bits[0]
            for i in range(size):
                farthest = max(farthest, bits[i])
            current = 0
            while bits[current] != farthest:
                current += 1
            index[cloud, sample] = current
        if plain < index.shape[1]:
            _farther(x, y, z, nearest, index[cloud], plain)


@_compiled
def _cells(x: Floats, y: Floats, z: Floats, side: int) -> Integers:
    """Cell of every point in a grid of ``side`` cells along each axis; what is not finite lies in the first."""
    cell = np.zeros(len(x), np.int64)
    for axis in (x, y, z):
        low, high = np.float32(np.inf), np.float32(-np.inf)
        for i in range(len(axis)):
            low = axis[i] if axis[i] < low else low
            high = axis[i] if axis[i] > high else high
        scale = side / (high - low) if np.isfinite(high - low) and high > low else 0.0
        for i in range(len(axis)):
            place = np.int64((axis[i] - low) * scale) if np.isfinite(axis[i]) else 0
            cell[i] = side * cell[i] + min(max(place, 0), side - 1)
    return cell


@_compiled
def _farther(x: Floats, y: Floats, z: Floats, nearest: Floats, index: Integers, begin: int) -> None:
    """Go on after ``begin`` samples, which lie so densely that one more is the nearest of few points.

    Points are sorted into the cells of a grid. A cell is left alone whose box is farther from the new sample than all
    of its points are from the others: by the same roundings, no distance is below that of the box, so nothing differs
    from the plain loop.
    """
    size, side = len(x), max(1, round((len(x) / CELL) ** (1 / 3)))
    cell = _cells(x, y, z, side)
    filled = np.bincount(cell, minlength=side**3)
    # Cells with points, one behind the other, and in each the points in their own order.
    following = np.cumsum(filled) - filled
    ends = np.append(following[filled > 0], size)
    count = len(ends) - 1
    number = np.empty(size, np.int64)
    for i in range(size):
        number[following[cell[i]]] = i
        following[cell[i]] += 1
    x, y, z, nearest = x[number], y[number], z[number], nearest[number]
    bits = nearest.view(np.int32)
    low, high = np.full((3, count), np.inf, np.float32), np.full((3, count), -np.inf, np.float32)
    for row, values in enumerate((x, y, z)):
        for b in range(count):
            for i in range(ends[b], ends[b + 1]):
                low[row, b] = values[i] if values[i] < low[row, b] else low[row, b]
                high[row, b] = values[i] if values[i] > high[row, b] else high[row, b]
    low_x, low_y, low_z, high_x, high_y, high_z = low[0], low[1], low[2], high[0], high[1], high[2]
    farthest, best = np.empty(count, np.int32), np.empty(count, np.int64)
    reach = farthest.view(np.float32)
    reach[:] = np.inf
    bound = np.empty(count, np.float32)
    zero = np.float32(0)
    current = 0
    while number[current] != index[begin - 1]:
        current += 1
    own = np.searchsorted(ends, current, side='right') - 1
    for sample in range(begin, len(index)):
        nearest[current] = -1
        center_x, center_y, center_z = x[current], y[current], z[current]
        for b in range(count):
            dx = max(max(low_x[b] - center_x, center_x - high_x[b]), zero)
            dy = max(max(low_y[b] - center_y, center_y - high_y[b]), zero)
            dz = max(max(low_z[b] - center_z, center_z - high_z[b]), zero)
            bound[b] = dx * dx + dy * dy + dz * dz
        for b in range(count):
            if bound[b] >= reach[b] and b != own:
                continue
            part = slice(ends[b], ends[b + 1])
            some_x, some_y, some_z, some, some_bits = x[part], y[part], z[part], nearest[part], bits[part]
            for i in range(len(some)):
                dx, dy, dz = some_x[i] - center_x, some_y[i] - center_y, some_z[i] - center_z
                distance = dx * dx + dy * dy + dz * dz
                some[i] = distance if distance < some[i] else some[i]
            largest = some_bits[0]
            for i in range(len(some)):
                largest = max(largest, some_bits[i])
            place = 0
            while some_bits[place] != largest:
                place += 1
            farthest[b], best[b] = largest, ends[b] + place
        own, largest = 0, farthest[0]
        for b in range(1, count):
            if farthest[b] >= largest and (farthest[b] > largest or number[best[b]] < number[best[own]]):
                own, largest = b, farthest[b]
        current = best[own]
        index[sample] = number[current]


@_compiled
def _radius(bits: NDArray[np.int32], k: int) -> np.int32:
    """Bits of a squared distance within which lie at least k points, and not many more unless they tie."""
    low, high = np.int64(-1), np.int64(bits[0])
    for i in range(len(bits)):
        high = max(high, np.int64(bits[i]))
    while high - low > 1:
        middle = np.int32((low + high) >> 1)
        inside = np.int32(0)
        for i in range(len(bits)):
            inside += np.int32(bits[i] <= middle)
        if inside < k:
            low = np.int64(middle)
            continue
        high = np.int64(middle)
        if inside <= k + k // 4:
            break
    return np.int32(high)


@_compiled
def _nearest_many(query: Floats, reference: Floats, distance: Floats, index: Integers, first: int, last: int) -> None:
    """Bisect a radius that holds about k points, then sort those by (distance, index)."""
    size, k = reference.shape[1], index.shape[2]
    row = np.empty(size, np.float32)
    bits = row.view(np.int32)
    best = np.empty(k + 1, np.int64)
    best[0] = -_LARGEST  # below every key, so that an insertion stops there
    for cloud in range(first, last):
        x, y, z = _planes(reference[cloud])
        for q in range(query.shape[1]):
            center_x, center_y, center_z = query[cloud, q, 0], query[cloud, q, 1], query[cloud, q, 2]
            for i in range(size):
                dx, dy, dz = x[i] - center_x, y[i] - center_y, z[i] - center_z
                row[i] = dx * dx + dy * dy + dz * dz
            radius = _radius(bits, k)
            best[1:] = _LARGEST
            filled = 0
            for i in range(size):
                key = (np.int64(bits[i]) << 32) | i
                if bits[i] > radius or key > best[k]:
                    continue
                filled = min(filled + 1, k)
                place = filled
                while best[place - 1] > key:
                    best[place] = best[place - 1]
                    place -= 1
                best[place] = key
            for i in range(k):
                index[cloud, q, i] = best[i + 1] & 0xFFFFFFFF
                distance[cloud, q, i] = row[index[cloud, q, i]]


@_compiled
def _nearest_one(query: Floats, reference: Floats, index: Integers, first: int, last: int) -> None:
    """The loop over queries is the inner one: it has no branch and needs no search for the place of a minimum."""
    size = query.shape[1]
    smallest, winner = np.empty(size, np.float32), np.empty(size, np.int32)
    for cloud in range(first, last):
        x, y, z = _planes(query[cloud])
        smallest[:] = np.inf
        winner[:] = 0
        for r in range(reference.shape[1]):
            center_x, center_y, center_z = reference[cloud, r, 0], reference[cloud, r, 1], reference[cloud, r, 2]
            for i in range(size):
                dx, dy, dz = x[i] - center_x, y[i] - center_y, z[i] - center_z
                distance = dx * dx + dy * dy + dz * dz
                closer = distance < smallest[i]
                winner[i] = r if closer else winner[i]
                smallest[i] = distance if closer else smallest[i]
        index[cloud] = winner


@_compiled
def _first_inside(query: Floats, reference: Floats, bound: np.float32, index: Integers, first: int, last: int) -> None:
    size, k = reference.shape[1], index.shape[2]
    for cloud in range(first, last):
        x, y, z = _planes(reference[cloud])
        for q in range(query.shape[1]):
            center_x, center_y, center_z = query[cloud, q, 0], query[cloud, q, 1], query[cloud, q, 2]
            found = 0
            for i in range(size):
                dx, dy, dz = x[i] - center_x, y[i] - center_y, z[i] - center_z
                if dx * dx + dy * dy + dz * dz < bound:
                    if found == 0:
                        index[cloud, q, :] = i
                    index[cloud, q, found] = i
                    found += 1
                    if found == k:
                        break
