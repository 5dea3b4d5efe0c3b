"""Parts of labeled data: nested shares, few labels, what is held out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo.registry import DATASETS


def nested_subset(labels: np.ndarray, percent: int, seed: int) -> np.ndarray:
    """Positions of a share of every class, sorted; a larger share of the same seed holds every smaller one.

    Args:
        labels: (S,) integers.
        percent: of every class, rounded up, so that no class is lost.
        seed: of the order in which objects are taken.

    Raises:
        ValueError: a share outside (0, 100].
    """
    if not 0 < percent <= 100:
        raise ValueError(f'a share of the data must lie in (0, 100] percent, got {percent}')
    generator = np.random.default_rng(seed)
    chosen = []
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        chosen.append(members[: -(-len(members) * percent // 100)])
    return np.sort(np.concatenate(chosen))


def balanced_subset(labels: np.ndarray, per_class: int, seed: int) -> np.ndarray:
    """Positions of ``per_class`` objects of every class, drawn without replacement, sorted.

    Args:
        labels: labels (S,), integers.
        per_class: number of objects of every class.
        seed: random seed of the draw.

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


def shared_out(config: Mapping[str, Any], percent: int, seed: int) -> dict[str, Any]:
    """Config of a nested share of a dataset; the whole needs no draw."""
    if percent == 100:
        return dict(config)
    labels = DATASETS.build(dict(config)).labels
    return subset(config, nested_subset(labels, percent, seed))


def labeled(config: Mapping[str, Any], per_class: int | None, seed: int) -> dict[str, Any]:
    """Config of a few labeled objects of every class; None takes all."""
    if per_class is None:
        return dict(config)
    return subset(config, balanced_subset(DATASETS.build(dict(config)).labels, per_class, seed))


def held_out(config: Mapping[str, Any], share: float, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Configs of two parts of a training split: to train on, and to choose settings on.

    Args:
        config: of the training split.
        share: of every class that is held out; at least one object of a class with two or more.
        seed: of the draw.
    """
    labels = DATASETS.build(dict(config)).labels
    generator = np.random.default_rng(seed)
    chosen = [
        generator.choice(members, max(1, round(share * len(members))), replace=False)
        for label in np.unique(labels)
        if len(members := np.flatnonzero(labels == label)) > 1
    ]
    outside = np.sort(np.concatenate(chosen))
    return subset(config, np.setdiff1d(np.arange(len(labels)), outside)), subset(config, outside)


def subset(config: Mapping[str, Any], indices: np.ndarray) -> dict[str, Any]:
    """Config of some objects of a dataset."""
    return {'type': 'ObjectSubset', 'dataset': dict(config), 'indices': indices.tolist()}
