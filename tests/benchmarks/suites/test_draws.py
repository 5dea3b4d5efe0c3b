from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from benchmarks.suites.draws import balanced_subset, held_out, labeled, nested_subset, shared_out
from tests.layouts import write_pack
from zoo.registry import DATASETS

LABELS = np.repeat(np.arange(5), [20, 10, 7, 3, 1])


def test_few_labels_are_balanced_without_repetition_and_follow_the_seed():
    labels = np.array([0, 1, 2] * 10)
    chosen = balanced_subset(labels, 4, seed=0)
    assert len(set(chosen.tolist())) == 12
    assert np.bincount(labels[chosen]).tolist() == [4, 4, 4]
    assert np.array_equal(chosen, balanced_subset(labels, 4, 0))
    assert not np.array_equal(chosen, balanced_subset(labels, 4, 1))
    with pytest.raises(ValueError, match='class 0 has 10 objects'):
        balanced_subset(labels, 11, 0)


def test_shares_are_nested_balanced_and_seeded():
    before = set()
    for percent in (10, 25, 50, 75, 90, 100):
        chosen = nested_subset(LABELS, percent, seed=3)
        assert before <= set(chosen)
        before = set(chosen)
        counts = Counter(LABELS[chosen])
        for label, total in Counter(LABELS).items():
            assert counts[label] == int(np.ceil(total * percent / 100))
        assert (nested_subset(LABELS, percent, seed=3) == chosen).all()
    assert len(before) == len(LABELS)
    assert set(nested_subset(LABELS, 25, seed=3)) != set(nested_subset(LABELS, 25, seed=4))


@pytest.mark.parametrize('percent', [0, 101])
def test_a_share_outside_of_the_data_is_refused(percent):
    with pytest.raises(ValueError, match='share'):
        nested_subset(LABELS, percent, seed=0)


@pytest.fixture
def pack(tmp_path):
    path = write_pack(tmp_path / 'pack.npz', 40, num_points=16)
    return {'type': 'ShapePack', 'points': str(path), 'split': 'train'}


def test_configs_of_parts_build_those_parts(pack):
    whole = DATASETS.build(dict(pack))
    assert shared_out(pack, 100, 0) == labeled(pack, None, 0) == pack
    half = DATASETS.build(shared_out(pack, 50, 0))
    assert len(whole) / 2 <= len(half) < len(whole)
    few = DATASETS.build(labeled(pack, 2, seed=1))
    assert set(Counter(few.labels.tolist()).values()) == {2}
    assert labeled(pack, 2, seed=1) != labeled(pack, 2, seed=2)


def test_what_is_held_out_is_not_trained_on(pack):
    inside, outside = held_out(pack, 0.2, seed=0)
    assert not set(inside['indices']) & set(outside['indices'])
    assert len(inside['indices']) + len(outside['indices']) == len(DATASETS.build(dict(pack)))


def test_a_share_of_few_labels_is_a_share_of_every_class(pack):
    few = labeled(pack, 4, seed=2)
    half, one = (DATASETS.build(shared_out(few, percent, seed=2)) for percent in (50, 1))
    whole = DATASETS.build(few)
    assert np.bincount(half.labels).tolist() == [2] * len(whole.classes)
    assert np.bincount(one.labels).tolist() == [1] * len(whole.classes)
    assert {cloud.tobytes() for cloud in one.gather_points(np.arange(len(one)))} <= {
        cloud.tobytes() for cloud in half.gather_points(np.arange(len(half)))
    }
