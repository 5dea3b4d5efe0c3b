"""The classes of ModelNet and the names of its objects (3D ShapeNets, arXiv 1406.5670)."""

from __future__ import annotations

import numpy as np

from zoo.datasets.captions import readable

MODELNET40: dict[str, tuple[int, int]] = {
    'airplane': (626, 100),
    'bathtub': (106, 50),
    'bed': (515, 100),
    'bench': (173, 20),
    'bookshelf': (572, 100),
    'bottle': (335, 100),
    'bowl': (64, 20),
    'car': (197, 100),
    'chair': (889, 100),
    'cone': (167, 20),
    'cup': (79, 20),
    'curtain': (138, 20),
    'desk': (200, 86),
    'door': (109, 20),
    'dresser': (200, 86),
    'flower_pot': (149, 20),
    'glass_box': (171, 100),
    'guitar': (155, 100),
    'keyboard': (145, 20),
    'lamp': (124, 20),
    'laptop': (149, 20),
    'mantel': (284, 100),
    'monitor': (465, 100),
    'night_stand': (200, 86),
    'person': (88, 20),
    'piano': (231, 100),
    'plant': (240, 100),
    'radio': (104, 20),
    'range_hood': (115, 100),
    'sink': (128, 20),
    'sofa': (680, 100),
    'stairs': (124, 20),
    'stool': (90, 20),
    'table': (392, 100),
    'tent': (163, 20),
    'toilet': (344, 100),
    'tv_stand': (267, 100),
    'vase': (475, 100),
    'wardrobe': (87, 20),
    'xbox': (103, 20),
}
"""Objects of every class in the official train and test list. The order is that of the labels."""

_TEN = ('bathtub', 'bed', 'chair', 'desk', 'dresser', 'monitor', 'night_stand', 'sofa', 'table', 'toilet')

MODELNET10: dict[str, tuple[int, int]] = {name: MODELNET40[name] for name in _TEN}
"""The ten classes of ModelNet10. Their lists are those of the same classes in ModelNet40."""

MODELNET = {10: MODELNET10, 40: MODELNET40}


def readable_classes(num_classes: int) -> tuple[str, ...]:
    """Return the class names as words in the order of the labels, for example ``'night stand'``.

    Args:
        num_classes: 10 or 40.
    """
    return tuple(readable(name) for name in MODELNET[num_classes])


def official_list(num_classes: int, split: str) -> list[str]:
    """Return the names of the objects of a split, as in ``modelnet40_train.txt``.

    Objects are numbered through within their class, those of the training list first.

    Args:
        num_classes: 10 or 40.
        split: 'train' or 'test'.
    """
    ranges = {
        name: range(1, train + 1) if split == 'train' else range(train + 1, train + test + 1)
        for name, (train, test) in MODELNET[num_classes].items()
    }
    return [f'{name}_{number:04d}' for name, numbers in ranges.items() for number in numbers]


def in_ten(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pick the objects of ModelNet10 out of ModelNet40, where they are in the same splits.

    Args:
        labels: Labels in ModelNet40, shape ``(S,)``.

    Returns:
        Positions of the R objects, shape ``(R,)``, and their labels in ModelNet10, int64 ``(R,)``.
    """
    new = np.full(len(MODELNET40), -1, dtype=np.int64)
    new[[list(MODELNET40).index(name) for name in MODELNET10]] = np.arange(len(MODELNET10))
    rows = np.flatnonzero(new[labels] >= 0)
    return rows, new[labels[rows]]
