"""How many points the local corruptions remove or add, and how clusters share them (arXiv 2202.03377)."""

from __future__ import annotations

import numpy as np

from zoo.transforms.corruptions.draws import KeyedDraws

REFERENCE_POINTS = 1024
"""Points of the clouds that the counts of ModelNet-C belong to."""

MOST_SEVERE = 5
"""The highest severity."""

LOCAL_STEP = 100
"""Points that each severity removes or adds, of 1024."""

MOST_CLUSTERS = 7
"""Clusters are 1 to 7, each number equally likely. Parity: the released code; its web page can be read as 1 to 8."""


def local_points(total: int, severity: int) -> int:
    """Points that a local corruption removes or adds: 100 to 500 of 1024, in proportion for other clouds.

    Args:
        total: Number of points of the cloud (N).
        severity: 1 to 5.
    """
    return max(1, round(LOCAL_STEP * severity * total / REFERENCE_POINTS))


def most_local_points(total: int) -> int:
    """:func:`local_points` of the highest severity, for a cloud of ``total`` points."""
    return local_points(total, MOST_SEVERE)


def cluster_of_points(draws: KeyedDraws, total: int, severity: int) -> np.ndarray:
    """Draw the number of clusters of every object, then a cluster for each of its :func:`local_points`.

    Args:
        draws: Source of the numbers. As many are used at every severity.
        total: Number of points of the cloud (N).
        severity: 1 to 5.

    Returns:
        int64 below :data:`MOST_CLUSTERS`, shape ``(B, local_points)``.
    """
    clusters = 1 + draws.integer(MOST_CLUSTERS, 1)
    cluster = (draws.uniform(most_local_points(total)) * clusters).astype(np.int64)
    return cluster[:, : local_points(total, severity)]
