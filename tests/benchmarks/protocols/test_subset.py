from __future__ import annotations

import numpy as np
import pytest

from benchmarks.protocols.subset import balanced_subset

LABELS = np.array([0, 1, 2] * 10)


def test_draws_are_balanced_without_repetition_and_follow_the_seed():
    chosen = balanced_subset(LABELS, 4, seed=0)
    assert len(set(chosen.tolist())) == 12
    assert np.bincount(LABELS[chosen]).tolist() == [4, 4, 4]
    assert np.array_equal(chosen, balanced_subset(LABELS, 4, 0))
    assert not np.array_equal(chosen, balanced_subset(LABELS, 4, 1))
    with pytest.raises(ValueError, match='class 0 has 10 objects'):
        balanced_subset(LABELS, 11, 0)
