"""Which way is up, told from the clouds: what objects could stand on.

Of the six sides of the bounding box, the one that is down carries most objects: points touch it over much of the
object's outline, and the center lies above the area between them (static stability, as in Fu et al., Upright
Orientation of Man-Made Objects, SIGGRAPH 2008, who learn it together with other cues). One cloud says little, a few
hundred of many kinds say which side it is. Objects in random poses have no such side, nor have scans whose undersides
were not seen: the answer is then that it is undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull, QhullError

SIDES = ('+x', '-x', '+y', '-y', '+z', '-z')
"""Directions that may be up; the side an object would stand on is the opposite one."""

SLAB = 0.03
"""Thickness of what touches the ground, as a share of the longest side of the object."""

STRAY = 0.005
"""Share of the points beyond either side that may be noise."""

POINTS = 1024
"""Points of a cloud that are looked at; more change little."""

LEAST_SUPPORT, LEAST_MARGIN, LEAST_RATIO = 0.45, 0.05, 4.0
"""What the best side needs: support, lead over the next side, and that lead in standard errors."""

LEAST_OBJECTS, LEAST_CLASSES = 20, 5
"""Fewer say nothing: a hundred bowls stand best on their rims."""


@dataclass(frozen=True)
class Upright:
    """What a set of clouds says about its axes.

    Attributes:
        up: One of ``SIDES``, None when undecided.
        support: Mean support by side, in the order of ``SIDES``.
        ratio: Lead of the best side over the next, in standard errors.
        reason: The evidence, in words.
    """

    up: str | None
    support: tuple[float, ...]
    ratio: float
    reason: str


def support(cloud: np.ndarray) -> np.ndarray:
    """Return how well an object would stand with each direction up.

    Args:
        cloud: Points of one object, shape ``(N, 3)``.

    Returns:
        Shape ``(6,)`` in the order of ``SIDES``: the area between the points that touch the ground, as a share of the
        object's outline seen from above; 0 where the center of the points is not above that area.
    """
    points = cloud[:: max(1, len(cloud) // POINTS), :3].astype(np.float64)
    low, high = np.quantile(points, [STRAY, 1 - STRAY], axis=0)
    thickness = SLAB * float((high - low).max())
    points = points[((points >= low - thickness) & (points <= high + thickness)).all(axis=1)]
    values = np.zeros(6)
    for axis in range(3):
        plan = np.delete(points, axis, axis=1)
        outline = _hull(plan)
        if outline is None:
            continue
        heights = points[:, axis]
        for side, touching in enumerate((heights <= low[axis] + thickness, heights >= high[axis] - thickness)):
            area = _hull(plan[touching])
            if area is not None and _inside(area, plan.mean(axis=0)):
                values[2 * axis + side] = area.volume / outline.volume
    return values


def judge(supports: np.ndarray, labels: Sequence[int] | np.ndarray = ()) -> Upright:
    """Say which direction is up in a set of clouds.

    Args:
        supports: Results of :func:`support` for S objects, shape ``(S, 6)``.
        labels: Their classes, where they have any; -1 is none.
    """
    classes = len({int(label) for label in labels if label >= 0})
    if len(supports) < LEAST_OBJECTS or 0 < classes < LEAST_CLASSES:
        few = f'{classes} classes' if 0 < classes < LEAST_CLASSES else f'{len(supports)} objects'
        return Upright(None, tuple(supports.mean(axis=0).tolist()) if len(supports) else (0.0,) * 6, 0.0, f'only {few}')
    mean = supports.mean(axis=0)
    best, following = np.argsort(-mean, kind='stable')[:2]
    lead = supports[:, best] - supports[:, following]
    error = float(lead.std(ddof=1)) / len(lead) ** 0.5
    margin = float(lead.mean())
    ratio = min(margin / error, 999.0) if error else 0.0
    reason = (
        f'objects stand on {mean[best]:.0%} of their outline with {SIDES[best]} up, on {mean[following]:.0%} with '
        f'{SIDES[following]} up, {ratio:.1f} standard errors apart'
    )
    sure = mean[best] >= LEAST_SUPPORT and margin >= LEAST_MARGIN and ratio >= LEAST_RATIO
    return Upright(SIDES[best] if sure else None, tuple(mean.tolist()), ratio, reason)


def _hull(points: np.ndarray) -> ConvexHull | None:
    """Return the convex hull of points in a plane, None when they span no area."""
    if len(points) < 4:
        return None
    try:
        return ConvexHull(points)
    except QhullError:
        return None


def _inside(hull: ConvexHull, point: np.ndarray) -> bool:
    """Say whether a point lies in a convex hull."""
    return bool((hull.equations[:, :2] @ point + hull.equations[:, 2]).max() <= 0)
