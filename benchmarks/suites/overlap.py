"""Which objects of one data set are in another: what a pretraining saw of what it is measured on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.records.files import read_array, write_array
from zoo.datasets.base import ObjectDataset, ObjectSubset
from zoo.datasets.union import ObjectUnion

NAME = 'objects.npy'
"""Name of the file beside pretrained weights with the digests of all objects that they saw."""

BEGINNING = 256
"""Points by which a cloud is known, so that it is known at other lengths too."""


def object_digests(dataset: ObjectDataset) -> NDArray[np.uint64]:
    """Digests (S,) of the points of every object, as stored; another sampling of a surface is another object."""
    digests = []
    for position in range(len(dataset)):
        # Of the set that has the object: unions take other points of clouds larger than theirs.
        owner, place = dataset, position
        while isinstance(owner, ObjectSubset | ObjectUnion):
            if isinstance(owner, ObjectSubset):
                place, owner = int(owner.indices[place]), owner.parent
            else:
                owner, place = owner.locate(place)
        cloud = np.ascontiguousarray(owner.points(place)[:BEGINNING], np.float32)
        digests.append(hashlib.sha256(cloud.tobytes()).digest()[:8])
    return np.frombuffer(b''.join(digests), np.uint64)


def keep_digests(dataset: ObjectDataset, weights: Path) -> None:
    """Keep beside weights which objects they saw, unless those would have to be made again for it."""
    if not dataset.made_when_read:
        write_array(weights.with_name(NAME), object_digests(dataset))


def count_seen(dataset: ObjectDataset, weights: Path) -> int | None:
    """Number of objects that the pretraining of weights saw; None where nobody kept which those were."""
    try:
        seen = read_array(weights.with_name(NAME))
    except (OSError, ValueError):
        return None
    return int(np.isin(object_digests(dataset), seen).sum())
