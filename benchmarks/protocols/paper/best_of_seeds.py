"""Fine-tuning that reports the best of several seeds, each at its best epoch on the test split.

Source: the instructions released with arXiv 2302.02318, which run eight random seeds and report the best. Traps: this
is a maximum over test results twice, first over epochs and then over seeds; there is no interval around it, because
nothing is repeated; the released code also tries three checkpoints of the pretraining (epochs 250, 275, 300), which
is not done here; the expected maximum of n seeds grows with n, so figures of different n are not one protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from benchmarks.protocols.base import RUNS, Context, Data, Protocol
from benchmarks.protocols.finetune import CONFIG
from benchmarks.protocols.measurement import Measurement, classified
from benchmarks.records import PredictionLists
from benchmarks.records.files import read_note
from zoo.errors import UsageError


@dataclass(frozen=True)
class BestOfSeeds(Protocol):
    """The best of several seeds at their best epochs on the test split."""

    name, requires, suite, title = 'best_of_seeds', RUNS, None, 'best of seeds'
    recorded = 'finetune@paper'

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Choose among the results of ``best_epoch`` jobs."""
        candidates = []
        for value in context.inputs.values():
            kept = PredictionLists(**read_note(context.out / value['predictions'])).unpack()
            labels, predicted = kept.target.astype(np.int64), kept.predicted.astype(np.int64)
            candidates.append(Candidate(value['seed'], value['oa'], value['oa_last'], labels, predicted))
        settings = next(iter(context.inputs.values()))['protocol']
        found = best_of_seeds(candidates, data.test.classes)
        return replace(found, protocol={**settings, **found.protocol}, config=CONFIG)


class Candidate(NamedTuple):
    """One seed at its best epoch: OA of that and of its last epoch in percent, classes and predictions (T,)."""

    seed: int
    accuracy: float
    last: float
    labels: np.ndarray
    predictions: np.ndarray


def best_of_seeds(candidates: Sequence[Candidate], classes: Sequence[str]) -> Measurement:
    """The measurement of the best seed.

    Args:
        candidates: seeds, measured on the same objects; a tie goes to the earlier one.
        classes: names by label.

    Returns:
        ``oa`` and ``macc`` of the best seed, ``oa_mean`` and ``oa_last_mean`` over all seeds, ``oa_gain``: what both
        choices add to the mean of the last epochs, ``oa_seed/<seed>``.

    Raises:
        UsageError: there is nothing to choose from, or the objects differ.
    """
    if len({candidate.seed for candidate in candidates}) < 2:
        raise UsageError('the best of n seeds needs at least two different seeds')
    if any(not np.array_equal(entry.labels, candidates[0].labels) for entry in candidates):
        raise UsageError('the best of n seeds needs seeds that were measured on the same objects')
    best = max(candidates, key=lambda entry: entry.accuracy)
    settings = {'epoch_selection': 'best_test', 'seed_selection': f'best of {len(candidates)}'}
    found = classified(best.labels, best.predictions, classes, settings)
    mean = float(np.mean([entry.accuracy for entry in candidates]))
    clean = float(np.mean([entry.last for entry in candidates]))
    extra = {'oa_mean': mean, 'oa_last_mean': clean, 'oa_gain': best.accuracy - clean}
    extra |= {f'oa_seed/{entry.seed}': entry.accuracy for entry in candidates}
    return replace(found, metrics={**found.metrics, **extra}, seed=best.seed)
