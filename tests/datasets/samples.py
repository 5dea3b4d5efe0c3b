"""A small folder in the layout of every reader of files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from tests.datasets.layouts.writers_h5 import change_table, write_modelnet40_c, write_modelnet_c, write_scanobjectnn
from tests.datasets.layouts.writers_modelnet import HDF5, RESAMPLED, write_few_shot, write_modelnet, write_pickle
from tests.datasets.layouts.writers_shapenetpart import FOLDER, write_shapenetpart
from tests.layouts import write_shapenet55
from zoo.datasets.unpickle import load_arrays

MODELNET_FILES = {
    'normal_resampled': f'{RESAMPLED}/chair/chair_0001.txt',
    'fps': f'{RESAMPLED}/modelnet40_train_8192pts_fps.dat',
    'hdf5': f'{HDF5}/ply_data_train1.h5',
    'off': 'ModelNet/ModelNet40/chair/train/chair_0001.off',
}
"""A file of clouds in every layout of ModelNet."""

FIFTEEN = {
    **{name: name for name in ('occlusion', 'lidar', 'density_inc', 'cutout', 'uniform', 'gaussian', 'impulse')},
    **{name: name for name in ('upsampling', 'background', 'rotation', 'shear')},
    **{'density_dec': 'density', 'ffd': 'distortion', 'rbf': 'distortion_rbf', 'inv_rbf': 'distortion_rbf_inv'},
}
"""Corruptions of ModelNet40-C: names of the paper, and those of the files."""


class Sample(NamedTuple):
    """A config of a dataset with these classes, who writes its folder, and where one of its files is looked up."""

    config: dict[str, Any]
    num_classes: int
    write: Callable[[Path], object]
    file: str | Callable[[Path], Path]

    def victim(self, root: Path) -> Path:
        """Return a file of clouds below a data root."""
        return root / self.file if isinstance(self.file, str) else self.file(root)


SAMPLES = {
    **{
        layout: Sample({'type': 'ModelNet', 'layout': layout}, 40, partial(write_modelnet, layout=layout), file)
        for layout, file in MODELNET_FILES.items()
    },
    'few shot': Sample(
        {'type': 'ModelNetFewShot', 'ways': 5, 'shots': 2, 'fold': 3},
        5,
        partial(write_few_shot, ways=5, shots=2, fold=3, queries=3),
        'ModelNetFewshot/5way_2shot/3.pkl',
    ),
    'ScanObjectNN': Sample(
        {'type': 'ScanObjectNN', 'split': 'test'},
        15,
        write_scanobjectnn,
        'ScanObjectNN/main_split/test_objectdataset_augmentedrot_scale75.h5',
    ),
    'ModelNetC': Sample(
        {'type': 'ModelNetC', 'corruption': 'drop_local', 'severity': 2},
        40,
        write_modelnet_c,
        'modelnet_c/dropout_local_1.h5',
    ),
    'ModelNet40C': Sample(
        {'type': 'ModelNet40C', 'corruption': 'cutout', 'severity': 5},
        40,
        partial(write_modelnet40_c, corruptions=FIFTEEN.values()),
        'modelnet40_c/data_cutout_5.npy',
    ),
    'ShapeNetPart': Sample(
        {'type': 'ShapeNetPart', 'split': 'train', 'num_points': 256, 'sampling': 'random'},
        16,
        write_shapenetpart,
        lambda root: next((root / FOLDER / '03001627').glob('*04.txt')),
    ),
    'ShapeNet55': Sample(
        {'type': 'ShapeNet55', 'split': 'train+test'},
        55,
        partial(write_shapenet55, num_objects=12, num_points=256, image_size=16),
        lambda root: min((root / 'ShapeNet55-34' / 'shapenet_pc').iterdir()),
    ),
}


def move(path: Path, offset: Any, some: slice = slice(None)) -> None:
    """Add to the points of a file of clouds, or to some of them, in double precision."""
    if path.suffix == '.off':
        lines = path.read_text().replace('OFF8', 'OFF\n8').splitlines()
        lines[2:10] = [' '.join(map(repr, row.tolist())) for row in np.loadtxt(lines[2:10]) + offset]
        path.write_text('\n'.join(lines))
    elif path.suffix == '.txt':
        separator = ',' if ',' in path.read_text() else ' '
        table = np.loadtxt(path, delimiter=separator)
        table[some, :3] += offset
        np.savetxt(path, table, fmt='%.6f', delimiter=separator)
    elif path.suffix == '.h5':
        with h5py.File(path) as file:
            data = file['data'][()].astype(float)
        data[:, some] += offset
        change_table(path, 'data', data)
    elif path.suffix == '.npy':
        data = np.load(path).astype(float)
        data[..., some, :] += offset
        np.save(path, data)
    else:
        content = load_arrays(path)

        def moved(cloud):
            cloud = np.array(cloud, dtype=float)
            cloud[some, :3] += offset
            return cloud

        if isinstance(content, dict):
            content = {split: [(moved(cloud), *rest) for cloud, *rest in rows] for split, rows in content.items()}
        else:
            content[0][:] = map(moved, content[0])
        write_pickle(path, content)
