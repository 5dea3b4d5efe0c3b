"""Writes a small folder in the layout of ShapeNetPart."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

FOLDER = 'shapenetcore_partanno_segmentation_benchmark_v0_normal'

TABLE = """Airplane\t02691156
Bag\t02773838
Cap\t02954340
Car\t02958343
Chair\t03001627
Earphone\t03261776
Guitar\t03467517
Knife\t03624134
Lamp\t03636649
Laptop\t03642806
Motorbike\t03790512
Mug\t03797390
Pistol\t03948459
Rocket\t04099429
Skateboard\t04225987
Table\t04379243
"""
"""The official file."""

NUM_PARTS = (4, 2, 2, 4, 4, 3, 3, 2, 4, 2, 6, 2, 3, 3, 3, 3)


def rows_of(generator, label: int, count: int) -> np.ndarray:
    """Return lines of a box whose parts are slices: ``(count, 7)``."""
    points = generator.uniform(-0.5, 0.5, (count, 3)) * [1, 0.6, 0.3]
    normals = np.eye(3)[generator.integers(0, 3, count)]
    first, parts = sum(NUM_PARTS[:label]), NUM_PARTS[label]
    slices = first + np.clip(((points[:, 0] + 0.5) * parts).astype(int), 0, parts - 1)
    return np.column_stack([points, normals, slices])


def write_shapenetpart(root: Path, *, train: int = 20, val: int = 4, test: int = 8, seed: int = 0) -> Path:
    """Write the folder below ``root``; return its path.

    Sizes vary from 300 to 700 points. As in the real lists, one object of val stands in train too.
    """
    generator = np.random.default_rng(seed)
    folder = Path(root) / FOLDER
    (folder / 'train_test_split').mkdir(parents=True)
    (folder / 'synsetoffset2category.txt').write_text(TABLE)
    synsets = [line.split()[1] for line in TABLE.splitlines()]
    lists, number = {}, 0
    for split, count in {'train': train, 'val': val, 'test': test}.items():
        lists[split] = []
        for _ in range(count):
            label, name = number % 16, f'{generator.integers(1 << 62):016x}{number:016x}'
            (folder / synsets[label]).mkdir(exist_ok=True)
            rows = rows_of(generator, label, int(generator.integers(300, 700)))
            np.savetxt(folder / synsets[label] / f'{name}.txt', rows, fmt='%.6f')
            lists[split].append(f'shape_data/{synsets[label]}/{name}')
            number += 1
    lists['val'].append(lists['train'][1])
    for split, entries in lists.items():
        (folder / 'train_test_split' / f'shuffled_{split}_file_list.json').write_text(json.dumps(entries))
    return folder
