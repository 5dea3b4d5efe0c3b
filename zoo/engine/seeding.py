"""Random numbers as a function of seed, rank, purpose and step: a resumed run draws what an unbroken one does."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from mmengine.hooks import Hook

from zoo.registry import FUNCTIONS, HOOKS

STREAMS = ('epoch', 'data', 'model', 'evaluate')
"""What random numbers are drawn for; each has a sequence of its own."""


def seed_all(seed: int, rank: int, stream: str, step: int) -> None:
    """Seed Python, numpy and torch (all devices).

    Args:
        seed: Seed of the run.
        rank: Rank of the process.
        stream: One of ``STREAMS``.
        step: Iteration or epoch.
    """
    words = np.random.SeedSequence([seed, rank, STREAMS.index(stream), step]).generate_state(3, np.uint64)
    random.seed(int(words[0]))
    np.random.seed(words[1:2].view(np.uint32))  # noqa: NPY002 - libraries draw from the global state
    torch.manual_seed(int(words[2]) >> 1)


@HOOKS.register_module()
class IterationSeedHook(Hook):
    """Seeds every training iteration of the model by its number, and every evaluation alike.

    Masks, dropout and augmentation on the device then do not depend on what was drawn before: not on the number of
    loader workers, not on validations in between, not on where a run was interrupted. The data are seeded by the
    training loop, because they are drawn before any hook of their iteration is called.
    """

    # Last of all hooks, so that none of them takes a number out of the sequence.
    priority = 'LOWEST'

    def before_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None) -> None:
        """Seed the iteration about to be computed."""
        seed_all(runner.seed, runner.rank, 'model', runner.iter)

    def before_val_epoch(self, runner: Any) -> None:
        """Seed the validation: it is the same each time."""
        seed_all(runner.seed, runner.rank, 'evaluate', 0)

    def before_test_epoch(self, runner: Any) -> None:
        """Seed the test as the validation."""
        seed_all(runner.seed, runner.rank, 'evaluate', 0)


@FUNCTIONS.register_module()
def keep_worker_seed(worker_id: int) -> None:
    """Leave a loader worker as torch has seeded it: from the epoch's seed and its number.

    mmengine's own function seeds workers by their number only. Workers that are started anew for every epoch would then
    draw the same augmentations in all epochs.
    """
