"""Packs of real shapes: one to pretrain on, others to transfer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo.datasets import ObjectDataset
from zoo.registry import DATASETS


@dataclass(frozen=True)
class Pack:
    """A pack and what it is called in tables.

    Attributes:
        name: in tables; a substitute says so here.
        points: NPZ pack of clouds with a train and a test split.
        views: NPZ pack of pictures; empty when there are none.
    """

    name: str
    points: str
    views: str = ''

    def split(self, split: str) -> ObjectDataset:
        """Clouds and labels of one split."""
        return DATASETS.build(self.config(split))

    def config(self, split: str) -> dict[str, Any]:
        """Config of the labelled clouds of one split."""
        return {'type': 'ShapePack', 'points': self.points, 'split': split}

    def pretraining(self, images: bool, texts: bool) -> dict[str, Any]:
        """Config of the training objects with what a method's teachers read: pictures, class names, both or neither."""
        pictures = {'images': self.views} if images else {}
        return {**self.config('train'), **pictures, 'texts': texts, '_delete_': True}

    def held_out(self, share: float, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Configs of two parts of the training objects: to train on, and to choose settings on.

        Args:
            share: of every class that is held out, in (0, 1); at least one object of a class with two or more.
            seed: of the draw.
        """
        labels = self.split('train').labels
        generator = np.random.default_rng(seed)
        chosen = [
            generator.choice(members, max(1, round(share * len(members))), replace=False)
            for label in np.unique(labels)
            if len(members := np.flatnonzero(labels == label)) > 1
        ]
        outside = np.sort(np.concatenate(chosen))
        inside = np.setdiff1d(np.arange(len(labels)), outside)
        whole = self.config('train')
        train, val = (
            {'type': 'ObjectSubset', 'dataset': whole, 'indices': part.tolist()} for part in (inside, outside)
        )
        return train, val
