"""An order of points that their file has no say in."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from zoo.ops.library import define_operator
from zoo.ops.sampling import near_origin
from zoo.ops.validate import as_clouds, require_finite

ORDERS = ('given', 'shape')

_MIXERS = (-7046029254386353131, -4658895280553007687, -7723592293110705685)
"""Odd factors of 64 bits (of SplitMix64) that spread a coordinate's bits over the key."""


def shape_order(points: Tensor, *, skip_near_origin: bool = False) -> Tensor:
    """Order the points of every cloud by where they are, whatever the order they come in.

    First is the point farthest from the mean, a place that a turn, a shift or a little noise leaves alone. The others
    follow as if shuffled, by a hash of their coordinates: wherever a search of this package lets the lower index win
    (ties, the members of a full ball), no side of the cloud is preferred, and shuffled points get the same answer.

    Args:
        points: clouds (B, N, 3).
        skip_near_origin: whether no point whose squared norm is at most 1e-3 is put first, unless there is no other;
            see :func:`zoo.ops.farthest_point_sample`.

    Returns:
        Indices (B, N), int64. Points at one place are in the order in which they come.

    Raises:
        ValueError: If the shape is wrong, or coordinates are NaN or infinite.
    """
    (points,) = as_clouds(points, names=('points',))
    return cast('Tensor', _operator(points.detach(), skip_near_origin))


def in_order(points: Tensor, order: str, *, skip_near_origin: bool = False) -> Tensor:
    """Clouds (B, N, 3) as they are (``given``) or with their points in :func:`shape_order` (``shape``).

    Raises:
        ValueError: If the order is another, or see :func:`shape_order`.
    """
    if order == 'given':
        return points
    require_order(order)
    return points.gather(1, shape_order(points, skip_near_origin=skip_near_origin).unsqueeze(-1).expand(-1, -1, 3))


def require_order(order: str) -> None:
    """Raise ``ValueError`` unless an order is one of ``ORDERS``."""
    if order not in ORDERS:
        raise ValueError(f'unknown order {order!r}: choose one of {", ".join(ORDERS)}')


def _order(points: Tensor, skip_near_origin: bool) -> Tensor:
    if not points.numel():
        return _empty_result(points, skip_near_origin)
    require_finite(points, names=('points',))
    # Adding zero makes one zero of both.
    exact = points.double() + 0.0
    key = torch.zeros_like(exact[..., 0], dtype=torch.int64)
    for bits, mixer in zip(exact.view(torch.int64).unbind(-1), _MIXERS, strict=True):
        key = (key ^ bits ^ (bits >> 29)) * mixer
        key ^= key >> 32
    order = key.argsort(dim=1, stable=True)
    exact = exact.gather(1, order.unsqueeze(-1).expand(-1, -1, 3))
    # In float64 and rounded, so that neither batch nor device decides between points that are equally far.
    distance = (exact - exact.mean(dim=1, keepdim=True)).square().sum(dim=-1).float()
    if skip_near_origin:
        distance.masked_fill_(near_origin(points).gather(1, order), -1)
    start = distance.argmax(dim=1, keepdim=True)
    place = torch.arange(points.shape[1], device=points.device).expand_as(order)
    return order.gather(1, torch.where(place == 0, start, place - (place <= start).long()))


def _empty_result(points: Tensor, skip_near_origin: bool) -> Tensor:
    return points.new_empty(points.shape[:2], dtype=torch.int64)


_operator = define_operator('shape_order(Tensor points, bool skip_near_origin) -> Tensor', _order, _empty_result)
