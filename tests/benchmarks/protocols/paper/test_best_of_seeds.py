from __future__ import annotations

import numpy as np
import pytest

from benchmarks.protocols.paper.best_of_seeds import Candidate, best_of_seeds
from zoo.errors import UsageError

LABELS = np.array([0, 1, 0, 1])


def candidate(seed, right, last, labels=LABELS):
    predictions = np.where(np.arange(len(labels)) < right, labels, 1 - labels)
    return Candidate(seed, 100 * right / len(labels), last, labels, predictions)


def test_the_best_seed_is_reported_and_says_of_how_many():
    candidates = [candidate(0, 2, 40.0), candidate(1, 3, 75.0), candidate(5, 3, 50.0), candidate(2, 1, 25.0)]
    found = best_of_seeds(candidates, ['a', 'b'])
    assert found.seed == 1
    assert found.metrics['oa'] == 75
    assert found.metrics['oa_mean'] == pytest.approx((50 + 75 + 75 + 25) / 4)
    assert found.metrics['oa_gain'] == pytest.approx(75 - (40 + 75 + 50 + 25) / 4)
    assert found.metrics['oa_seed/5'] == 75
    assert np.array_equal(found.predictions, candidates[1].predictions)
    assert found.protocol == {'seed_selection': 'best of 4', 'epoch_selection': 'best_test'}


def test_choosing_among_equals_adds_what_the_maximum_of_normal_numbers_adds():
    """Eight methods that differ by chance alone gain 1.42 standard deviations by being the best of eight."""
    generator = np.random.default_rng(0)
    gains = []
    for _ in range(300):
        values = generator.normal(80.0, 1.0, 8)
        candidates = [Candidate(seed, value, value, LABELS, LABELS) for seed, value in enumerate(values)]
        gains.append(best_of_seeds(candidates, ['a', 'b']).metrics['oa_gain'])
    assert np.mean(gains) == pytest.approx(1.4236, abs=0.15)


@pytest.mark.parametrize(
    ('candidates', 'words'),
    [
        ([candidate(0, 1, 0.0)], 'at least two'),
        ([candidate(0, 1, 0.0), candidate(0, 2, 0.0)], 'at least two'),
        ([candidate(0, 1, 0.0), candidate(1, 1, 0.0, 1 - LABELS)], 'same objects'),
    ],
)
def test_what_leaves_no_choice_is_refused(candidates, words):
    with pytest.raises(UsageError, match=words):
        best_of_seeds(candidates, ['a', 'b'])
