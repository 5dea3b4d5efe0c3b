"""ModelNet as Princeton publishes it: ``ModelNet40/<class>/{train,test}/<name>.off``, a mesh each."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath

import numpy as np

from zoo.datasets.layouts.modelnet_names import MODELNET
from zoo.datasets.layouts.modelnet_storage import AGAIN, Storage
from zoo.datasets.meshes.files import read_soup
from zoo.datasets.meshes.mesh import Mesh
from zoo.datasets.meshes.painted import with_area
from zoo.datasets.meshes.sampling import sample_surface
from zoo.errors import UsageError

SAMPLED_POINTS = 10_000
"""Points drawn on a mesh, as many as the text files have."""


class Off(Storage):
    """Meshes, of which points are drawn uniformly by area, with the normals of the faces.

    Files have z up; points and normals are turned about x to have y up, and keep the size of the file. ModelNet10 is
    oriented by hand, ModelNet40 mostly but not everywhere. The points of an object follow from its name alone, so that
    they are the same in every epoch, process and folder; ``num_points`` takes the head of 10,000, or draws more. There
    are no lists: the folders are the split, and the numbers of a class run through them, so that a gap is a missing
    file. A mesh is read and sampled when it is asked for.
    """

    layout = 'off'
    how_to_get = (
        'http://modelnet.cs.princeton.edu/ModelNet40.zip and '
        'http://3dvision.princeton.edu/projects/2014/3DShapeNets/ModelNet10.zip (see https://modelnet.cs.princeton.edu)'
    )

    @staticmethod
    def folder_name(num_classes: int) -> str:
        """Return the name of the folder."""
        return f'ModelNet{num_classes}'

    @classmethod
    def lacking(cls, folder: Path, num_classes: int, splits: tuple[str, ...]) -> list[str]:
        """Return the folders that are missing."""
        wanted = [f'{name}/{split}' for name in MODELNET[num_classes] for split in splits]
        missing = [name for name in wanted if not (folder / name).is_dir()]
        return missing if 0 < len(missing) < len(wanted) else ['<class>/<split>/<name>.off'] if missing else []

    def read(self) -> None:
        """List the folders of all classes."""
        found: dict[str, list[str]] = {split: [] for split in self.splits}
        for name in MODELNET[self.num_classes]:
            present = {split: self._list(name, split) for split in ('train', 'test')}
            self._check_gaps(name, present['train'], present['test'])
            for split in self.splits:
                found[split] += [f'{name}/{split}/{file}' for file in present[split].values()]
        self._check_strangers()
        self._paths = [path for split in self.splits for path in found[split]]
        self.names = [PurePosixPath(path).stem for path in self._paths]
        self.labels = self.label_names(self.names, self.folder)

    def _list(self, name: str, split: str) -> dict[int, str]:
        """Return the files of a class by their numbers, in their order."""
        folder = self.folder / name / split
        files = sorted(path.name for path in folder.glob('*.off')) if folder.is_dir() else []
        if split in self.splits and not files:
            raise UsageError(f'{folder} holds no {name}_<number>.off: get {self.how_to_get}')
        strange = [file for file in files if not re.fullmatch(rf'{name}_\d+\.off', file)]
        if strange:
            raise UsageError(f'{folder / strange[0]} is not named {name}_<number>.off: {AGAIN}')
        return {int(file.removesuffix('.off').rpartition('_')[2]): file for file in files}

    def _check_gaps(self, name: str, train: dict[int, str], test: dict[int, str]) -> None:
        """Look for numbers that are in neither split: objects are numbered from 1, the training split first."""
        first = 1 if train else min(test)
        for number in range(first, max([*train, *test]) + 1):
            if number in train or number in test:
                continue
            split = 'train' if number < max(train, default=0) else 'test' if number > min(test, default=number) else ''
            if not split or split in self.splits:
                where = self.folder / name / (split or 'train or test') / f'{name}_{number:04d}.off'
                raise UsageError(f'{where} is missing: get {self.how_to_get}')

    def _check_strangers(self) -> None:
        """Objects of another class would have no label."""
        for path in sorted(self.folder.iterdir()):
            if path.name not in MODELNET[self.num_classes] and any((path / split).is_dir() for split in self.splits):
                raise UsageError(f'{path} is no class of ModelNet{self.num_classes}: move it elsewhere')

    def source(self, index: int) -> str:
        """Return the file of an object."""
        return str(self.folder / self._paths[index])

    def content(self, index: int) -> np.ndarray:
        """Return the bytes of the file."""
        return np.frombuffer(Path(self.source(index)).read_bytes(), dtype=np.uint8)

    def rows(self, index: int) -> np.ndarray:
        """Return points and normals of one object, float64 ``(N, 6)``."""
        source = self.source(index)
        mesh = with_area(read_soup(source), source)
        upright = Mesh(mesh.vertices[:, [0, 2, 1]] * (1.0, 1.0, -1.0), mesh.faces)
        seed = hashlib.sha256(self.names[index].encode()).digest()[:8]
        rng = np.random.default_rng(int.from_bytes(seed, 'little'))
        count = max(SAMPLED_POINTS, self.num_points or 0)
        # Vertices without normals: every point gets that of its face.
        points, normals, _ = sample_surface(upright, np.zeros_like(upright.vertices), count, rng)
        return np.concatenate([points, normals], axis=1)[: self.num_points]
