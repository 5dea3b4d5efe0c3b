"""Slow answers, written from the definitions: one cloud, one point at a time, float32 rounded at every step."""

from __future__ import annotations

import numpy as np
import torch


def squared(p, q):
    """Squared distance of two points, rounded after every operation to the type of the points."""
    dx, dy, dz = p[0] - q[0], p[1] - q[1], p[2] - q[2]
    return (dx * dx + dy * dy) + dz * dz


def fps(cloud, count, start=0, skip=False):
    """Indices of farthest points; never one twice while another is left, then the allowed ones again and again."""
    zero = np.zeros(3, cloud.dtype)
    allowed = [not (skip and float(squared(p, zero)) <= 1e-3) for p in cloud]
    chosen = [start]
    while len(chosen) < count:
        best, best_distance = None, -1.0
        for i, p in enumerate(cloud):
            distance = min(squared(p, cloud[c]) for c in chosen)
            if allowed[i] and i not in chosen and distance > best_distance:
                best, best_distance = i, distance
        if best is None:
            break
        chosen.append(best)
    cycle = [i for i in chosen if allowed[i]] or [start]
    return chosen + [cycle[i % len(cycle)] for i in range(count - len(chosen))]


def knn(query, reference, k):
    """(squared distances, indices), nearest first, ties by index, the nearest again where there are too few."""
    distances, indices = [], []
    for q in query:
        ranked = sorted((squared(p, q), i) for i, p in enumerate(reference))
        ranked = [*ranked, *[ranked[0]] * k][:k] if len(ranked) < k else ranked[:k]
        distances.append([d for d, _ in ranked])
        indices.append([i for _, i in ranked])
    return np.array(distances), np.array(indices)


def chamfer(a, b, norm):
    """Chamfer distance of two clouds with the whole table of distances; torch tensors, so that it has a gradient."""
    table = (a[:, None] - b[None]).square().sum(-1)
    if norm == 2:
        return table.min(1).values.mean() + table.min(0).values.mean()
    table = table.sqrt()
    return (table.min(1).values.mean() + table.min(0).values.mean()) / 2


def batch_fps(points, count, start=0, skip=False):
    return torch.tensor([fps(cloud.numpy(), count, start, skip) for cloud in points])


def batch_knn(query, reference, k):
    answers = [knn(q.numpy(), r.numpy(), k) for q, r in zip(query, reference, strict=True)]
    return tuple(torch.from_numpy(np.stack(parts)) for parts in zip(*answers, strict=True))


def lattice(generator, *shape):
    """Points on a coarse grid: exact under translation, full of ties and duplicates."""
    return torch.randint(-3, 4, shape, generator=generator).float() / 4


SCALES = {'large': 1e18, 'small': 1e-18, 'tiny': 1e-22}
"""Squares of these are about the largest of float32, about its smallest, and below."""


def hard_clouds(kind, generator, batch, size):
    """Clouds that are hard to tell points apart in: 'normal' ones beside them."""
    if kind == 'lattice':
        return lattice(generator, batch, size, 3)
    points = torch.randn(batch, size, 3, generator=generator) * SCALES.get(kind, 1)
    if kind == 'plane':
        points[..., 1] = 0
    elif kind == 'copies':
        points = points[:, torch.arange(size) % (size // 3)]
    elif kind == 'one place':
        points[:] = points[:, :1].clone()
    elif kind == 'far away':
        points += 1000
    elif kind == 'strided':
        points = torch.empty(batch, 3, 2 * size).transpose(1, 2)[:, ::2].copy_(points)
    return points.double() if kind == 'float64' else points
