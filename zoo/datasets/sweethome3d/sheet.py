"""One picture of some of the furniture, and beside it who made what is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from zoo.compat import expand
from zoo.datasets.meshes.sheet import object_sheet
from zoo.datasets.sweethome3d.dataset import SweetHome3D

FREE = ('CC0', 'CC-BY-3.0', 'CC-BY-3.0-US')
"""Licences of which pictures may be shown with a line about their makers."""


def choose(dataset: SweetHome3D, count: int, licences: Collection[str] = FREE) -> list[int]:
    """Return positions of objects of all categories in turn, by the SHA-256 of their ids, no name twice.

    Args:
        dataset: The furniture.
        count: Number of objects.
        licences: Short names of licences; objects under others are left out.
    """
    infos = {index: dataset.info(index) for index in range(len(dataset))}
    order = sorted(infos, key=lambda index: hashlib.sha256(infos[index]['id'].encode()).hexdigest())
    shown: set[str] = set()
    queues: dict[int, list[int]] = {label: [] for label in range(len(dataset.classes))}
    for index in order:
        if infos[index]['licence'] in licences and infos[index]['name'] not in shown:
            shown.add(infos[index]['name'])
            queues[int(dataset.labels[index])].append(index)
    turns = max((len(queue) for queue in queues.values()), default=0)
    chosen = [queue[turn] for turn in range(turns) for queue in queues.values() if turn < len(queue)]
    return sorted(chosen[:count], key=lambda index: (int(dataset.labels[index]), infos[index]['name']))


def contact_sheet(path: str | Path, dataset: SweetHome3D, *, count: int = 32, size: int = 80, columns: int = 4) -> Path:
    """Write a PNG with icon, view and points of some objects, and a list of their makers beside it.

    The list is named after the picture: ``a/chairs.png`` comes with ``a/CHAIRS_ATTRIBUTION.md``.

    Args:
        path: The picture.
        dataset: The furniture, with images.
        count: Number of objects.
        size: Side of one picture in pixels.
        columns: Number of objects side by side.

    Returns:
        The picture.
    """
    target, indices = expand(path), choose(dataset, count)
    titles = [dataset.caption(index) for index in indices]
    shown = object_sheet(target, dataset, indices, titles, views=(0, 1), size=size, columns=columns)
    dataset.write_attribution(target.with_name(f'{target.stem.upper()}_ATTRIBUTION.md'), indices)
    return shown
