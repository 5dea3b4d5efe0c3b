from __future__ import annotations

import numpy as np
import pytest

from benchmarks.records import holm


def test_a_worked_example():
    """4 × 0.005, 3 × 0.01, 2 × 0.03, and 1 × 0.04, which may not be smaller than the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def slow(values, alpha):
    """Holm as it is told: from the smallest p on, stop at the first that fails."""
    rejected = set()
    for step, place in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        if values[place] > alpha / (len(values) - step):
            break
        rejected.add(place)
    return rejected


def test_it_rejects_what_the_procedure_rejects():
    generator = np.random.default_rng(0)
    for _ in range(300):
        values = generator.random(generator.integers(1, 12)) ** 3
        for alpha in (0.01, 0.05, 0.2):
            assert {place for place, p in enumerate(holm(values)) if p <= alpha} == slow(values, alpha)


def test_properties():
    generator = np.random.default_rng(1)
    for _ in range(100):
        values = generator.random(generator.integers(1, 15))
        adjusted = holm(values)
        assert all(p <= a <= min(1.0, len(values) * p) + 1e-12 for p, a in zip(values, adjusted, strict=True))
        order = np.argsort(values)
        assert np.all(np.diff(np.asarray(adjusted)[order]) >= 0)
        mixed = generator.permutation(len(values))
        np.testing.assert_allclose(holm(values[mixed]), np.asarray(adjusted)[mixed])


def test_the_rate_of_false_findings_stays_below_the_level():
    trials = np.random.default_rng(2).random((2000, 10))
    assert np.mean([min(holm(row)) <= 0.05 for row in trials]) <= 0.06


def test_ends():
    assert holm([]) == []
    assert holm([0.04]) == [0.04]
    assert holm([0.9, 0.9]) == [1.0, 1.0]


@pytest.mark.parametrize('values', [[-0.1], [1.1], [float('nan')]])
def test_what_is_no_p_value_is_refused(values):
    with pytest.raises(ValueError, match='between 0 and 1'):
        holm(values)
