"""Random numbers as a function of seed, rank, purpose and step: a resumed run draws what an unbroken one does."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from mmengine.hooks import Hook
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset

from zoo.registry import FUNCTIONS, HOOKS

STREAMS = ('epoch', 'sample', 'model', 'evaluate')
"""What random numbers are drawn for; each has a sequence of its own."""


def seed_all(seed: int, rank: int, stream: str, *steps: int) -> None:
    """Seed Python, numpy and torch (all devices).

    Args:
        seed: random seed of the run.
        rank: rank of the process.
        stream: one of ``STREAMS``.
        steps: numbers of the iteration or the epoch.
    """
    torch.manual_seed(_seed_libraries(seed, rank, stream, *steps))


def _seed_libraries(seed: int, rank: int, stream: str, *steps: int) -> int:
    """Seed Python and numpy, and return a seed for torch."""
    words = np.random.SeedSequence([seed, rank, STREAMS.index(stream), *steps]).generate_state(3, np.uint64)
    random.seed(int(words[0]))
    np.random.seed(words[1:2].view(np.uint32))  # noqa: NPY002 - libraries draw from the global state
    return int(words[2]) >> 1


class SeededSamples(Dataset[Any]):
    """A dataset whose samples draw (a view, an augmentation) from numbers of their own: by seed, epoch and index.

    So a sample does not depend on the worker or the process that reads it, nor on the batch it is in. The generators
    of the process that reads are left as they were.

    Args:
        dataset: data set that is read. Batches of one that draws nothing are read at once, by its ``__getitems__``.
        seed: random seed of the run.
        epoch: number of the epoch.
    """

    def __init__(self, dataset: Any, seed: int, epoch: int) -> None:
        self.dataset, self.seed, self.epoch = dataset, seed, epoch
        self._draws = not hasattr(dataset, '__getitems__')

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        """Return one sample."""
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> Any:
        """Return a list of samples, or what the dataset makes of so many indices if it draws nothing."""
        with restored_generators() as untouched:
            if not self._draws:
                batch = self.dataset.__getitems__(indices)
                if untouched():
                    return batch
                self._draws = True
            samples = []
            for index in indices:
                torch.default_generator.manual_seed(
                    _seed_libraries(self.seed, 0, 'sample', self.epoch, int(index) % len(self))
                )
                samples.append(self.dataset[index])
            return samples


@contextmanager
def restored_generators() -> Iterator[Callable[[], bool]]:
    """Leave the generators of the host as they are found; yields a function that tells whether they still are."""

    def generators() -> tuple[Any, Any, Tensor]:
        return random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002

    def untouched() -> bool:
        now = generators()
        same = np.array_equal(before[1][1], now[1][1]) and before[1][2] == now[1][2]
        return same and before[0] == now[0] and torch.equal(before[2], now[2])

    before = generators()
    try:
        yield untouched
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        torch.set_rng_state(before[2])


def seeded_loader(loader: DataLoader[Any], seed: int, epoch: int) -> DataLoader[Any]:
    """Return a loader of the same batches whose samples are :class:`SeededSamples`; a stream has no indices and stays.

    Args:
        loader: loader without persistent workers, which would not see the number of the epoch.
        seed: random seed of the run.
        epoch: number of the epoch.
    """
    dataset = getattr(loader.dataset, 'dataset', None) if isinstance(loader.dataset, SeededSamples) else loader.dataset
    if isinstance(dataset, IterableDataset):
        return loader
    twin = copy.copy(loader)
    vars(twin)['dataset'] = SeededSamples(dataset, seed, epoch)  # torch's own __setattr__ refuses
    return twin


@HOOKS.register_module()
class IterationSeedHook(Hook):
    """Seeds every training iteration of the model by its number, and every evaluation alike.

    Masks, dropout and augmentation on the device then do not depend on what was drawn before: not on validations in
    between, not on where a run was interrupted. The data are seeded by the training loop, because they are drawn before
    any hook of their iteration is called.
    """

    # Last of all hooks, so that none of them takes a number out of the sequence.
    priority = 'LOWEST'

    def before_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None) -> None:
        """Seed the iteration about to be computed."""
        seed_all(runner.seed, runner.rank, 'model', runner.iter)

    def before_val_epoch(self, runner: Any) -> None:
        """Seed the validation: it is the same each time."""
        seed_all(runner.seed, runner.rank, 'evaluate', 0)
        runner.val_loop.dataloader = seeded_loader(runner.val_loop.dataloader, runner.seed, 0)

    def before_test_epoch(self, runner: Any) -> None:
        """Seed the test as the validation."""
        seed_all(runner.seed, runner.rank, 'evaluate', 0)
        runner.test_loop.dataloader = seeded_loader(runner.test_loop.dataloader, runner.seed, 0)


@FUNCTIONS.register_module()
def keep_worker_seed(worker_id: int) -> None:
    """Leave a loader worker as torch has seeded it; samples are seeded by :class:`SeededSamples` anyway.

    mmengine's own function seeds workers by their number only, the same in every epoch.
    """
