"""How fast random batches come out of a pack, against one .npy file an object, as ratios measured in one run.

Run ``python -m benchmarks.speed.packs [--objects 10000 --points 2048 --batch 128]``; it writes random clouds into a
temporary folder, prepares a pack of them and prints one Markdown table. Both sides are read once before anything is
timed, so that nothing waits for the disk.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from benchmarks.report import Table, as_markdown
from benchmarks.speed.timing import compare, machine
from zoo.datasets.base import ObjectDataset
from zoo.datasets.prepared import MappedPack, prepare
from zoo.datasets.storage import content_hash
from zoo.engine.cli import run_cli


class CloudFiles(ObjectDataset):
    """One .npy file an object, as quick as it can be read: no class, no check.

    Args:
        folder: place of ``00000.npy`` and so on, float32 (N, 3).
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__()
        self.files = sorted(str(path) for path in Path(folder).glob('*.npy'))
        self.labels = np.full(len(self.files), -1)
        self.fingerprint = content_hash(self.points(0), str(len(self.files)))

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object: float32, shape ``(N, 3)``."""
        return np.load(self.files[index])


def measure(folder: Path, num_objects: int, num_points: int, batch_size: int, rounds: int) -> Table:
    """Write both layouts into a folder and compare them.

    Args:
        folder: place of temporary files; needs three times the size of the clouds.
        num_objects: number of clouds S.
        num_points: number of points N of a cloud.
        batch_size: number of clouds B of a batch.
        rounds: number of pairs of a row.
    """
    generator, clouds = np.random.default_rng(0), folder / 'clouds'
    clouds.mkdir()
    for index in range(num_objects):
        np.save(clouds / f'{index:06d}.npy', generator.random((num_points, 3), dtype=np.float32))
    files = CloudFiles(clouds)
    start = time.perf_counter()
    path = prepare(folder / 'pack', {'train': files}, progress=False)
    seconds, pack = time.perf_counter() - start, MappedPack(path)
    everything = np.arange(num_objects)
    for dataset in (files, pack):
        for indices in np.array_split(everything, -(-num_objects // batch_size)):
            dataset.gather_points(indices)

    def drawing(dataset: ObjectDataset) -> Callable[[], Tensor]:
        numbers = np.random.default_rng(0)
        return lambda: torch.from_numpy(dataset.gather_points(numbers.integers(len(dataset), size=batch_size)))

    def shuffled(dataset: ObjectDataset) -> Callable[[], object]:
        loader = DataLoader(dataset, batch_size, shuffle=True, collate_fn=ObjectDataset.collate)
        return partial(next, itertools.chain.from_iterable(itertools.repeat(loader)))

    pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        'random batch as a tensor': (drawing(files), drawing(pack)),
        'batch of a shuffled epoch': (shuffled(files), shuffled(pack)),
        'opening': (lambda: CloudFiles(clouds), lambda: MappedPack(path)),
    }
    rows = [[what, *compare(*pair, rounds=rounds).cells(3, 1)] for what, pair in pairs.items()]
    notes = [
        f'{num_objects} clouds of {num_points} points, batches of {batch_size}; median of {rounds} pairs in turns, '
        'both in the page cache, one process.',
        'Opening files lists their names and reads the first. Opening a pack compares sizes and times of its files.',
        f'The pack was prepared in {seconds:.1f} s by one process.',
        machine(torch.get_num_threads()),
    ]
    header = ['what', '.npy files (ms)', 'pack (ms)', 'times faster', 'quartiles']
    return Table('Random batches: one pack against one .npy file an object', header, rows, notes)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = {'objects': 10_000, 'points': 2048, 'batch': 128, 'rounds': 100, 'threads': 1}
    for name, default in numbers.items():
        parser.add_argument(f'--{name}', type=int, default=default)
    parser.add_argument('--folder', help='where temporary files go')
    options = parser.parse_args(arguments)
    if min(getattr(options, name) for name in numbers) < 1:
        parser.error('all numbers must be at least 1')
    torch.set_num_threads(options.threads)
    with TemporaryDirectory(dir=options.folder) as folder:
        print(as_markdown(measure(Path(folder), options.objects, options.points, options.batch, options.rounds)))


if __name__ == '__main__':
    sys.exit(run_cli(main))
