"""Few labels: class-balanced draws from a labelled set."""

from __future__ import annotations

import numpy as np


def balanced_subset(labels: np.ndarray, per_class: int, seed: int) -> np.ndarray:
    """Positions of ``per_class`` objects of every class, drawn without replacement, sorted.

    Args:
        labels: (S,) integers.
        per_class: objects of every class.
        seed: of the draw.

    Raises:
        ValueError: a class has fewer objects.
    """
    generator = np.random.default_rng(seed)
    chosen = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) < per_class:
            raise ValueError(f'class {label} has {len(members)} objects, fewer than the {per_class} asked for')
        chosen.append(generator.choice(members, per_class, replace=False))
    return np.sort(np.concatenate(chosen))
