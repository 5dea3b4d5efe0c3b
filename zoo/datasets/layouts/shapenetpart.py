"""ShapeNetPart in its official layout: one text file an object, with normals and parts."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zoo.compat import data_root as default_root
from zoo.compat import expand
from zoo.datasets.base import ObjectDataset
from zoo.datasets.coordinates import recentered
from zoo.datasets.layouts.shapenetpart_names import PARTS, SYNSETS
from zoo.datasets.storage import content_hash, read_json
from zoo.errors import UsageError
from zoo.registry import DATASETS

FOLDER = 'shapenetcore_partanno_segmentation_benchmark_v0_normal'

SPLITS = {'train': ('train',), 'val': ('val',), 'trainval': ('train', 'val'), 'test': ('test',)}
"""Lists that make a split."""

SAMPLINGS = ('fixed', 'random')

HOW_TO_GET = (
    f'get {FOLDER}.zip as https://github.com/qizekun/ReCon/blob/main/DATASET.md says (terms of ShapeNet: research '
    f'and education only), or let $ZOO_DATA be the folder that holds {FOLDER}'
)

SAMPLED_FILES = 32
"""Objects whose content goes into the fingerprint; reading all of them takes a minute."""

COLUMNS = 7
"""x y z, normal, part."""


@DATASETS.register_module()
class ShapeNetPart(ObjectDataset):
    """Part segmentation of 16 classes with 50 parts (Yi et al., A Scalable Active Framework, SIGGRAPH Asia 2016).

    Read from ``shapenetcore_partanno_segmentation_benchmark_v0_normal`` in the data root:
    ``synsetoffset2category.txt``, ``train_test_split/shuffled_{train,val,test}_file_list.json`` and
    ``<synset>/<name>.txt``, a line ``x y z nx ny nz part`` a point. Objects come in the order of the lists. The lists
    name 12,137, 1,870 and 2,874 objects; 9 of the second stand in the first too, so ``trainval`` has 13,998, and 26
    of the test are in ``trainval``. Points are as in the files, y up; ``UnitSphere`` centers and scales them.

    Objects have between some hundred and some thousand points. ``sampling='fixed'`` chooses ``num_points`` of them once
    and for all, by the name of the object; a smaller choice is the beginning of a larger one. ``'random'`` draws anew
    for every batch from torch's global generator; ``points``, ``part`` and ``normals`` of a single object stay with the
    fixed choice. Points come twice only where an object has too few.

    Parity: the reference draws with replacement for every sample, in the test as well: of an object of 2,800 points,
    2048 draws see half, and the same weights score differently every time. It goes through the folders instead of the
    lists, which for ``trainval`` gives the same 13,998 objects in another order.

    Args:
        split: 'train', 'val', 'trainval' or 'test'.
        num_points: Number of points of a cloud; None gives all, and batches only of objects of one size.
        sampling: 'fixed' or 'random'.
        texts: Whether batches carry the class name as words.
        data_root: Folder that holds the folder above; the data root of the user by default.

    Attributes:
        parts: Class name to the numbers of its parts, 0 to 49.

    Raises:
        UsageError: Files are missing or damaged; says which, where they were looked for and how to get them.
    """

    def __init__(
        self,
        split: str = 'train',
        *,
        num_points: int | None = 2048,
        sampling: str = 'fixed',
        texts: bool = False,
        data_root: str | Path | None = None,
    ) -> None:
        super().__init__(texts=texts)
        if split not in SPLITS or sampling not in SAMPLINGS or (num_points is not None and num_points < 1):
            raise UsageError(
                f'ShapeNetPart: split {split!r} must be one of {", ".join(SPLITS)}, sampling {sampling!r} one of '
                f'{", ".join(SAMPLINGS)}, num_points={num_points} at least 1 or None'
            )
        self.root = (default_root() if data_root is None else expand(data_root)) / FOLDER
        lists = [self.root / 'train_test_split' / f'shuffled_{name}_file_list.json' for name in SPLITS[split]]
        _check_layout(self.root, lists)
        self.num_points, self.sampling = num_points, sampling
        self.classes = tuple(SYNSETS)
        self.parts = {name: list(parts) for name, parts in PARTS.items()}
        # An object that two lists name is one file, and one object.
        self.names = list(dict.fromkeys(name for path in lists for name in _read_list(path)))
        _check_files(self.root, self.names)
        position = {synset: label for label, synset in enumerate(SYNSETS.values())}
        self.labels = np.array([position[name.partition('/')[0]] for name in self.names], dtype=np.int64)
        self._drawn: list[tuple[int, np.ndarray]] = []
        sampled = np.unique(np.linspace(0, len(self.names) - 1, SAMPLED_FILES).astype(int))
        contents = [self._table(int(index)) for index in sampled]
        self.fingerprint = content_hash(*self.names, f'{num_points} {sampling}', *contents)

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object: float32, shape ``(N, 3)``.

        Raises:
            UsageError: The file is damaged.
        """
        return self._fixed(index)[:, :3]

    def normals(self, index: int) -> np.ndarray:
        """Return the normals at the points, as in the file: float32, shape ``(N, 3)``."""
        return self._fixed(index)[:, 3:6]

    def part(self, index: int) -> np.ndarray:
        """Return the part of every point, 0 to 49: int64, shape ``(N,)``."""
        return self._fixed(index)[:, 6].astype(np.int64)

    def gather_points(self, indices: np.ndarray) -> np.ndarray:
        """Return the clouds of many objects, shape ``(B, N, 3)``."""
        # Kept for gather_parts: a file is read once, and points and parts are of one draw.
        self._drawn = [(int(index), self._sampled(int(index))) for index in indices]
        sizes = sorted({len(table) for _, table in self._drawn})
        if len(sizes) > 1:
            raise UsageError(
                f'ShapeNetPart: clouds of {sizes[0]} and {sizes[-1]} points cannot be one batch: set num_points'
            )
        return np.stack([table[:, :3] for _, table in self._drawn])

    def gather_parts(self, indices: np.ndarray) -> np.ndarray:
        """Return the parts of the points that ``gather_points`` gave last, int64, shape ``(B, N)``."""
        if [index for index, _ in self._drawn] != [int(index) for index in indices]:
            self.gather_points(indices)
        drawn, self._drawn = self._drawn, []
        return np.stack([table[:, 6] for _, table in drawn]).astype(np.int64)

    def source(self, index: int) -> str:
        """Return the file of an object."""
        return str(self.root / f'{self.names[index]}.txt')

    def info(self, index: int) -> dict[str, Any]:
        """Return the name of an object: its synset and model."""
        return {'id': self.names[index]}

    def _sampled(self, index: int) -> np.ndarray:
        """Return the chosen lines of an object for a batch, shape ``(N, 7)``."""
        if self.sampling == 'fixed' or self.num_points is None:
            return self._fixed(index)
        table = self._table(index)
        spare = torch.randint(len(table), (max(self.num_points - len(table), 0),))
        return table[torch.cat([torch.randperm(len(table)), spare])[: self.num_points].numpy()]

    def _fixed(self, index: int) -> np.ndarray:
        """Return the lines of an object that its name chooses, shape ``(N, 7)``."""
        table = self._table(index)
        return table if self.num_points is None else table[_choice(self.names[index], len(table), self.num_points)]

    def _table(self, index: int) -> np.ndarray:
        """Read all lines of an object: float32, shape ``(N, 7)``."""
        return _read_object(self.root / f'{self.names[index]}.txt', self.classes[self.labels[index]])


def _choice(name: str, available: int, wanted: int) -> np.ndarray:
    """Choose points of an object by its name, shape ``(wanted,)``; without repetition as far as that goes."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], 'little')
    # The raw stream of a bit generator stays the same in all releases of numpy; what is drawn from it may not.
    raw = np.random.PCG64(seed).random_raw(max(available, wanted))
    order = np.argsort(raw[:available], kind='stable')
    spare = raw[available:wanted] % np.uint64(available)
    return np.concatenate([order, spare.astype(np.int64)])[:wanted]


def _read_object(path: Path, class_name: str) -> np.ndarray:
    """Read and check one file: float32, shape ``(N, 7)``."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', UserWarning)  # an empty file is an error below
            table = np.loadtxt(path, dtype=np.float64, comments=None, ndmin=2, encoding='utf-8')
    except (OSError, ValueError) as error:
        raise UsageError(f'{path} cannot be read as lines of {COLUMNS} numbers ({error}): fetch it again') from error
    if table.shape[1] != COLUMNS or not len(table):
        raise UsageError(f'{path} must have lines x y z nx ny nz part, not {table.shape[1]} columns: fetch it again')
    if not np.isfinite(table).all():
        line = int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0]) + 1
        raise UsageError(f'{path} line {line} has NaN or infinity: fetch it again')
    parts = PARTS[class_name]
    wrong = np.flatnonzero(~np.isin(table[:, 6], parts))
    if len(wrong):
        raise UsageError(
            f'{path} line {wrong[0] + 1} has the part {table[wrong[0], 6]:g}, but a {class_name} has {parts[0]} to '
            f'{parts[-1]}: fetch it again'
        )
    return np.concatenate([recentered(table[:, :3], str(path)), table[:, 3:]], axis=1, dtype=np.float32)


def _check_layout(root: Path, lists: list[Path]) -> None:
    """Look for the lists, and compare the table of classes with the official one."""
    table = root / 'synsetoffset2category.txt'
    missing = [str(path.relative_to(root)) for path in (table, *lists) if not path.is_file()]
    if missing:
        raise UsageError(f'ShapeNetPart: {root.absolute()} lacks {", ".join(missing)}: {HOW_TO_GET}')
    try:
        rows = [tuple(line.split()) for line in table.read_text(encoding='utf-8').splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f'{table} cannot be read ({error}): fetch it again') from error
    known: dict[tuple[str, ...], str] = {(name, synset): name for name, synset in SYNSETS.items()}
    unknown = [row for row in rows if row not in known]
    absent = [name for row, name in known.items() if row not in rows]
    if unknown or absent:
        found = f'has the line {" ".join(unknown[0])!r}' if unknown else f'lacks {absent[0]}'
        raise UsageError(f'{table} {found}, it must list the 16 classes of ShapeNetPart: fetch it again')


def _read_list(path: Path) -> list[str]:
    """Return the objects of a list as ``<synset>/<name>``."""
    entries = read_json(path.absolute())
    if not isinstance(entries, list) or not entries:
        raise UsageError(f'{path} must be a list of objects: fetch it again')
    known = set(SYNSETS.values())
    names = []
    for entry in entries:
        first, synset, name = entry.split('/') if isinstance(entry, str) and entry.count('/') == 2 else ('', '', '')
        if first != 'shape_data' or synset not in known or not name:
            raise UsageError(f'{path} has the entry {entry!r}, expected shape_data/<synset>/<name>: fetch it again')
        names.append(f'{synset}/{name}')
    return names


def _check_files(root: Path, names: list[str]) -> None:
    """Look for one file an object; one listing a folder is quicker than asking for each."""
    folders = {name.partition('/')[0] for name in names}
    present = {
        f'{folder}/{path.name}' for folder in folders if (root / folder).is_dir() for path in (root / folder).iterdir()
    }
    missing = [name for name in names if f'{name}.txt' not in present]
    if missing:
        raise UsageError(
            f'ShapeNetPart: {root.absolute()} lacks {len(missing)} of {len(names)} files, the first is '
            f'{missing[0]}.txt: {HOW_TO_GET}'
        )
