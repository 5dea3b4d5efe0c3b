"""Writes small folders in the layouts whose files are HDF5 or npy tables."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

SCAN_FILES = (
    'main_split/{}_objectdataset.h5',
    'main_split_nobg/{}_objectdataset.h5',
    'main_split/{}_objectdataset_augmentedrot_scale75.h5',
)


def write_table(path: Path, **tables) -> Path:
    """Write an HDF5 file with these tables."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, 'w') as file:
        for key, values in tables.items():
            file.create_dataset(key, data=values)
    return path


def change_table(path: Path, key: str, values) -> None:
    """Replace a table of an HDF5 file; None takes it out."""
    with h5py.File(path, 'r+') as file:
        del file[key]
        if values is not None:
            file.create_dataset(key, data=values)


def clouds(generator, count: int, num_points: int) -> np.ndarray:
    """Return boxes of several sizes, off center: float32 ``(count, num_points, 3)``."""
    sides, offset = generator.uniform(0.2, 1, (2, count, 1, 3))
    return (generator.random((count, num_points, 3)) * sides + offset).astype(np.float32)


def write_scanobjectnn(root: Path, *, train: int = 18, test: int = 15, num_points: int = 2048, seed: int = 0) -> Path:
    """Write ``ScanObjectNN`` below ``root`` with all variants; a third of the points is background."""
    generator = np.random.default_rng(seed)
    folder = Path(root) / 'ScanObjectNN'
    for name in SCAN_FILES:
        for split, count in (('training', train), ('test', test)):
            labels = generator.permutation(count) % 15
            mask = np.where(generator.random((count, num_points)) < 1 / 3, -1, 10 + labels[:, None])
            if 'nobg' in name:
                mask[:] = 10 + labels[:, None]
            write_table(folder / name.format(split), data=clouds(generator, count, num_points), label=labels, mask=mask)
    return folder


def write_modelnet_c(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write ``modelnet_c`` below ``root``: clean, and all corruptions with as many points as the real ones have."""
    generator = np.random.default_rng(seed)
    folder = Path(root) / 'modelnet_c'
    labels = generator.integers(0, 40, (count, 1))
    clean = clouds(generator, count, 1024)
    write_table(folder / 'clean.h5', data=clean, label=labels)
    for level in range(5):
        for name, points in {
            'scale': 1024,
            'jitter': 1024,
            'rotate': 1024,
            'dropout_global': 1024 - 128 * (level + 2),
            'dropout_local': 1024 - 100 * (level + 1),
            'add_global': 1024 + 10 * (level + 1),
            'add_local': 1024 + 100 * (level + 1),
        }.items():
            # Some corruptions were computed, and are stored, in double precision.
            data = np.resize(clean, (count, points, 3)).astype(np.float32 if name == 'scale' else np.float64)
            write_table(folder / f'{name}_{level}.h5', data=data, label=labels)
    return folder


def write_modelnet40_c(root: Path, corruptions, *, count: int = 8, seed: int = 0) -> Path:
    """Write ``modelnet40_c`` below ``root``: two severities of every corruption, labels as a column of bytes."""
    generator = np.random.default_rng(seed)
    folder = Path(root) / 'modelnet40_c'
    folder.mkdir(parents=True)
    np.save(folder / 'label.npy', generator.integers(0, 40, (count, 1)).astype(np.uint8))
    np.save(folder / 'data_original.npy', clouds(generator, count, 1024))
    for name in corruptions:
        for severity in (1, 5):
            points = 1024 - 30 * severity if name == 'cutout' else 1024
            np.save(folder / f'data_{name}_{severity}.npy', clouds(generator, count, points))
    return folder
