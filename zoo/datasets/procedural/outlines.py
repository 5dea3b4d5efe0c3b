"""Planar outlines and profiles ``(K, 2)`` from which the primitives are made."""

from __future__ import annotations

import numpy as np

from zoo.datasets.meshes.mesh import Curve, FloatArray, IntArray

SHARP = 0.6
"""A corner that turns by more than this angle (radians) becomes a sharp edge."""


def corner_repeats(points: FloatArray, *, closed: bool, angle: float = SHARP) -> IntArray:
    """Return 2 for every point ``(K, 2)`` at which a polyline turns by more than ``angle`` radians, else 1."""
    if closed:
        before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    else:
        steps = np.diff(points, axis=0)
        before, after = np.concatenate([steps[:1], steps]), np.concatenate([steps, steps[-1:]])
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    dot = before[:, 0] * after[:, 0] + before[:, 1] * after[:, 1]
    return np.where(np.abs(np.arctan2(cross, dot)) > angle, 2, 1)


def sharpen(points: FloatArray, *, closed: bool) -> FloatArray:
    """Repeat the corners of a polyline ``(K, 2)``, so that the surface made of it has sharp edges there."""
    return np.repeat(points, corner_repeats(points, closed=closed), axis=0)


def rectangle(width: float, height: float) -> FloatArray:
    """Return the corners ``(4, 2)`` of a centered rectangle, counter-clockwise."""
    x, y = width / 2, height / 2
    return np.array([(x, -y), (x, y), (-x, y), (-x, -y)])


def ellipse(width: float, height: float, count: int = 20, exponent: float = 2.0) -> FloatArray:
    """Return a centered superellipse ``(count, 2)``, counter-clockwise.

    Args:
        width: Full extent along x.
        height: Full extent along y.
        count: Number of points.
        exponent: 2 is an ellipse, larger values approach the rectangle.
    """
    angle = 2 * np.pi * np.arange(count) / count
    cos, sin = np.cos(angle), np.sin(angle)
    power = 2.0 / exponent
    x, y = np.sign(cos) * np.abs(cos) ** power, np.sign(sin) * np.abs(sin) ** power
    return np.stack([x * width / 2, y * height / 2], axis=1)


def rounded(width: float, height: float, radius: float, count: int = 4) -> FloatArray:
    """Return a centered rectangle with round corners ``(4 * count, 2)``, counter-clockwise."""
    radius = min(radius, width / 2 - 1e-6, height / 2 - 1e-6)
    quarter = np.linspace(0, np.pi / 2, count)
    corners = [(1, 1), (-1, 1), (-1, -1), (1, -1)]
    parts = []
    for turn, (x, y) in enumerate(corners):
        angle = quarter + turn * np.pi / 2
        arc = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        parts.append(arc + (x * (width / 2 - radius), y * (height / 2 - radius)))
    return np.concatenate(parts)


def spline(points: Curve, count: int, *, closed: bool = False) -> FloatArray:
    """Return ``(count, D)`` points on the Catmull-Rom spline through the given ones.

    Args:
        points: Control points, each of D numbers; the curve passes through all of them.
        count: Number of points returned; an open curve includes both ends.
        closed: Whether the curve returns to its start (which is then not repeated).
    """
    knots = np.asarray(points, dtype=float)
    if closed:
        padded = np.concatenate([knots[-1:], knots, knots[:2]])
        at = np.arange(count) * len(knots) / count
    else:
        padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
        at = np.linspace(0, len(knots) - 1, count)
    start = np.minimum(at.astype(int), len(padded) - 4)
    t = (at - start)[:, None]
    p0, p1, p2, p3 = (padded[start + i] for i in range(4))
    cubic = -p0 + 3 * p1 - 3 * p2 + p3
    square = 2 * p0 - 5 * p1 + 4 * p2 - p3
    return 0.5 * (2 * p1 + (p2 - p0) * t + square * t**2 + cubic * t**3)


def arc(radius: float, start: float, stop: float, count: int) -> FloatArray:
    """Return ``(count, 2)`` points of a circle about the origin, from angle ``start`` to ``stop`` in radians."""
    angle = np.linspace(start, stop, count)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
