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
    size = points.shape[1]
    for cloud in range(first, last):
        x, y, z = _planes(points[cloud])
        nearest = distances[cloud]
        bits = nearest.view(np.int32)
        current = start
        index[cloud, 0] = current
        for sample in range(1, index.shape[1]):
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
