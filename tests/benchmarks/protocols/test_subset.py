from __future__ import annotations

import numpy as np
import pytest

from benchmarks.protocols.subset import balanced_subset

LABELS = np.array([0, 1, 2] * 10)


def test_balanced_and_without_repetition():
    chosen = balanced_subset(LABELS, 4, seed=0)
    assert len(set(chosen.tolist())) == 12
    assert np.bincount(LABELS[chosen]).tolist() == [4, 4, 4]


def test_seeds_decide():
    assert np.array_equal(balanced_subset(LABELS, 4, 0), balanced_subset(LABELS, 4, 0))
    assert not np.array_equal(balanced_subset(LABELS, 4, 0), balanced_subset(LABELS, 4, 1))


def test_too_few_objects():
    with pytest.raises(ValueError, match='class 0 has 10 objects'):
        balanced_subset(LABELS, 11, 0)
