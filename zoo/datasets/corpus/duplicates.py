"""Objects that are there more than once: equal surfaces, whatever they are called and however they are cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

TOLERANCE = 2e-3
"""Two surfaces are one where no number of their signatures differs by more."""


def repeats(signatures: Sequence[Sequence[float]]) -> dict[int, int]:
    """Return which objects repeat an earlier one that is kept.

    Args:
        signatures: Signatures of the objects (``zoo.datasets.meshes.signature``); an empty one is like no other.

    Returns:
        The first like it, by position.
    """
    rows = [row for row, values in enumerate(signatures) if len(values)]
    if not rows:
        return {}
    tree = cKDTree(np.array([signatures[row] for row in rows]))
    found: dict[int, int] = {}
    for place, near in enumerate(tree.query_ball_tree(tree, TOLERANCE, p=np.inf)):
        earlier = [other for other in sorted(near) if other < place and rows[other] not in found]
        if earlier:
            found[rows[place]] = rows[earlier[0]]
    return found
