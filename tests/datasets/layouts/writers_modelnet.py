"""Writes small folders in the layouts of ModelNet and of its few-shot episodes, in the bytes of the official files."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np

from zoo.datasets.layouts.modelnet_names import MODELNET, MODELNET40

KINDS = ('airplane', 'chair', 'night_stand', 'toilet')
"""Classes of which the layouts with lists get objects; three are in ModelNet10 as well."""

FACES = np.array(
    [(0, 2, 3), (0, 3, 1), (4, 5, 7), (4, 7, 6), (0, 1, 5), (0, 5, 4), (2, 6, 7), (2, 7, 3), (0, 4, 6), (0, 6, 2)]
    + [(1, 3, 7), (1, 7, 5)]
)
"""Of a box whose corner number has a bit an axis, x lowest."""

RESAMPLED = 'ModelNet/modelnet40_normal_resampled'
HDF5 = 'ModelNet/modelnet40_ply_hdf5_2048'


def write_modelnet(root: str | Path, layout: str, num_classes: int = 40, *, train: int = 2, test: int = 1) -> Path:
    """Write a layout of ModelNet below ``root`` (the data root) and return its folder.

    Args:
        root: The data root.
        layout: 'normal_resampled', 'fps', 'hdf5' or 'off'.
        num_classes: 10 or 40; HDF5 files exist of 40 alone.
        train: Training objects of a class.
        test: Test objects of a class.
    """
    kinds = [name for name in KINDS if name in MODELNET[num_classes]]
    lists = {
        'train': [f'{name}_{k:04d}' for name in kinds for k in range(1, train + 1)],
        'test': [f'{name}_{k:04d}' for name in kinds for k in range(train + 1, train + test + 1)],
    }
    if layout == 'hdf5':
        return _write_hdf5(Path(root) / HDF5, lists)
    if layout == 'off':
        return _write_off(Path(root) / 'ModelNet' / f'ModelNet{num_classes}', num_classes, train, test)
    folder = Path(root) / RESAMPLED
    write_lists(folder, num_classes, lists)
    for split, names in lists.items():
        if layout == 'fps':
            labels = [np.array([label_of(name, num_classes)], dtype=np.int32) for name in names]
            clouds = [box_cloud(name, 8192) for name in names]
            write_pickle(folder / f'modelnet{num_classes}_{split}_8192pts_fps.dat', [clouds, labels])
        else:
            for name in names:
                write_text(folder / kind_of(name) / f'{name}.txt', box_cloud(name, 10_000))
    return folder


def write_few_shot(
    root: str | Path,
    ways: int = 5,
    shots: int = 10,
    fold: int = 0,
    *,
    underscore: bool = True,
    queries: int = 20,
    seed=0,
) -> Path:
    """Write an episode of ``ModelNetFewshot`` below ``root`` and return its file."""
    generator = np.random.default_rng(seed)
    kinds = generator.permutation(len(MODELNET40))[:ways]
    episode = {}
    for split, count in (('train', shots), ('test', queries)):
        rows = [
            (box_cloud(f'{list(MODELNET40)[kind]}_{split}{k}', 8192), label, np.int32(kind))
            for label, kind in enumerate(kinds)
            for k in range(count)
        ]
        episode[split] = [rows[row] for row in generator.permutation(len(rows))]
    name = f'{ways}way_{shots}shot' if underscore else f'{ways}way{shots}shot'
    path = Path(root) / 'ModelNetFewshot' / name / f'{fold}.pkl'
    path.parent.mkdir(parents=True, exist_ok=True)
    write_pickle(path, episode)
    return path


def kind_of(name: str) -> str:
    """Return the class in the name of an object."""
    return name.rpartition('_')[0]


def label_of(name: str, num_classes: int = 40) -> int:
    """Return the label of a named object."""
    return list(MODELNET[num_classes]).index(kind_of(name))


def box_sides(name: str) -> np.ndarray:
    """Return the sides of the box that stands for an object, y the longest, z the shortest."""
    return np.array([0.5, 1.0, 0.3]) * (1 + 0.02 * label_of(name))


def box_cloud(name: str, count: int) -> np.ndarray:
    """Return points on the box of an object and their normals: float32 ``(count, 6)``."""
    generator = np.random.default_rng(list(name.encode()))
    points = generator.uniform(-0.5, 0.5, (count, 3))
    axis, sign = generator.integers(3, size=count), generator.choice([-1, 1], count)
    normals = np.zeros((count, 3))
    normals[np.arange(count), axis] = sign
    points[np.arange(count), axis] = sign / 2
    return np.concatenate([points * box_sides(name), normals], axis=1).astype(np.float32)


def write_lists(folder: Path, num_classes: int, lists: dict[str, list[str]]) -> None:
    """Write the names of classes and objects beside the clouds."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in {'shape_names': list(MODELNET[num_classes]), **lists}.items():
        (folder / f'modelnet{num_classes}_{name}.txt').write_text(''.join(f'{line}\n' for line in lines))


def write_text(path: Path, cloud: np.ndarray) -> None:
    """Write a line ``x,y,z,nx,ny,nz`` for every point."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('%f,%f,%f,%f,%f,%f\n' * len(cloud) % tuple(cloud.ravel().tolist()))


def write_pickle(path: Path, content: object) -> None:
    """Write a pickle as Python 3.7 with numpy 1 did when the official files were made."""
    data = pickle.dumps(content, protocol=3)
    path.write_bytes(data.replace(b'cnumpy._core.multiarray\n', b'cnumpy.core.multiarray\n'))


def _write_hdf5(folder: Path, lists: dict[str, list[str]]) -> Path:
    """Write two files of training objects and one of test objects, shuffled as the official ones are."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'shape_names.txt').write_text(''.join(f'{name}\n' for name in MODELNET40))
    for split, names in lists.items():
        shuffled = [names[k] for k in np.random.default_rng(0).permutation(len(names))]
        parts = np.array_split(shuffled, 2 if split == 'train' else 1)
        for number, part in enumerate(parts):
            write_hdf5_file(folder / f'ply_data_{split}{number}.h5', part.tolist())
            files = [f'{kind_of(name)}/{name}.ply' for name in part.tolist()]
            (folder / f'ply_data_{split}_{number}_id2file.json').write_text(json.dumps(files))
        lines = [f'data/modelnet40_ply_hdf5_2048/ply_data_{split}{number}.h5\n' for number in range(len(parts))]
        (folder / f'{split}_files.txt').write_text(''.join(lines))
    return folder


def write_hdf5_file(path: Path, names: list[str]) -> None:
    """Write points, labels, normals and faces of some objects, compressed as the official files are."""
    import h5py

    clouds = np.stack([box_cloud(name, 2048) for name in names])
    labels = np.array([[label_of(name)] for name in names], dtype=np.uint8)
    with h5py.File(path, 'w') as file:
        file.create_dataset('data', data=clouds[..., :3], compression='gzip', compression_opts=4)
        file.create_dataset('normal', data=clouds[..., 3:], compression='gzip', compression_opts=4)
        file.create_dataset('faceId', data=np.zeros(clouds.shape[:2], np.int32), compression='gzip', compression_opts=4)
        file.create_dataset('label', data=labels, compression='gzip', compression_opts=1)


def _write_off(folder: Path, num_classes: int, train: int, test: int) -> Path:
    """Write meshes of all classes, every other one with the first two lines run together."""
    for name in MODELNET[num_classes]:
        for k in range(1, train + test + 1):
            path = folder / name / ('train' if k <= train else 'test') / f'{name}_{k:04d}.off'
            write_off(path, box_sides(path.stem), broken_header=k % 2 == 1)
    return folder


def write_off(path: Path, sides: np.ndarray, broken_header: bool = False) -> None:
    """Write a box with z up; ``sides`` are given with y up."""
    corners = np.array([[k & 1, k >> 1 & 1, k >> 2 & 1] for k in range(8)]) * sides[[0, 2, 1]] * 10
    lines = [f'OFF{"" if broken_header else chr(10)}8 12 0']
    lines += [f'{x:.6f} {y:.6f} {z:.6f}' for x, y, z in corners]
    lines += [f'3 {a} {b} {c}' for a, b, c in FACES]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(lines) + '\n')
