"""Boxes that stand upright: what is inside of them makes a cloud.

Source: arXiv 1908.04616. OBJ_BG holds what lies in the box of an object. PB_T50_RS moves the box by up to 50 % of its
size along each axis, turns it about gravity and scales it, five times for every object. The files hold 11,416 + 2,882
clouds of 2,309 + 581 objects, a little less than five each: boxes that lost the object were left out. How much of it
has to stay, and the range of the scale, are choices of ours (``KEPT``, ``SCALE``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.mesh import FloatArray

MARGIN = 1.1
"""How much larger than the object its box is."""

SHIFT = 0.5
"""Largest translation along each axis, in sizes of the box."""

SCALE = (0.75, 1.25)
"""Range of the factor on the sides of the box."""

KEPT = 0.5
"""Share of the object's points that has to be in the perturbed box."""

TRIES = 24
"""Boxes that are drawn before the translation is made smaller."""


@dataclass(frozen=True)
class Box:
    """A box that stands upright.

    Attributes:
        center: Center, shape ``(3,)``.
        size: Lengths of the sides, shape ``(3,)``.
        heading: Angle about gravity in radians, right-handed about +y.
    """

    center: FloatArray
    size: FloatArray
    heading: float = 0.0

    def local(self, points: FloatArray) -> FloatArray:
        """Return points ``(P, 3)`` as they look from the box: from its center, turned back by its heading."""
        return self.turned_back(points - self.center)

    def turned_back(self, vectors: FloatArray) -> FloatArray:
        """Return directions ``(P, 3)`` as they look from the box."""
        cos, sin = np.cos(self.heading), np.sin(self.heading)
        x, y, z = vectors.T
        return np.stack([cos * x - sin * z, y, sin * x + cos * z], axis=1)

    def contains(self, points: FloatArray) -> NDArray[np.bool_]:
        """Return which points ``(P, 3)`` are inside, as mask ``(P,)``."""
        return np.asarray((np.abs(self.local(points)) <= self.size / 2).all(axis=1))


def bounding_box(points: FloatArray, margin: float = MARGIN) -> Box:
    """Return the box along the axes around points ``(P, 3)``, enlarged by a factor."""
    low, high = points.min(axis=0), points.max(axis=0)
    return Box((low + high) / 2, (high - low) * margin)


def perturbed(box: Box, points: FloatArray, rng: np.random.Generator) -> Box:
    """Draw a box as the hardest variant does, again and again until it holds enough of the object.

    Args:
        box: That of the object.
        points: Points of the object ``(P, 3)``.
        rng: Source of randomness.
    """
    reach = SHIFT
    for attempt in range(4 * TRIES):
        move = rng.uniform(-reach, reach, size=3) * box.size
        drawn = Box(box.center + move, box.size * rng.uniform(*SCALE), float(rng.uniform(-np.pi, np.pi)))
        if drawn.contains(points).mean() >= KEPT:
            return drawn
        if attempt >= TRIES:  # an object that lies near the sides of its box
            reach *= 0.95
    return box
