from __future__ import annotations

import numpy as np
import pytest

from benchmarks.records import Predictions, read_predictions
from tests.benchmarks.records.examples import guesses
from zoo.errors import UsageError


def test_predictions_survive_the_disk(tmp_path):
    first = guesses(0.7)
    path = tmp_path / f'{first.save(tmp_path)}.npz'
    again = read_predictions(path)
    assert again.sha256 == first.sha256 == path.stem
    for name in ('index', 'target', 'predicted', 'score'):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    assert again.accuracy == pytest.approx(70.0)


def test_the_name_follows_the_content_alone():
    one = guesses(0.7)
    assert Predictions.of(one.target.astype(np.int64), list(one.predicted)).sha256 == one.sha256
    assert guesses(0.7, seed=1).sha256 != one.sha256
    assert Predictions.of(one.target, one.predicted, index=np.arange(100)[::-1]).sha256 != one.sha256


def test_only_the_same_objects_in_the_same_order_are_comparable():
    assert guesses(0.7).objects == guesses(0.2, seed=3).objects
    assert guesses(0.7, samples=99).objects != guesses(0.7).objects
    one = guesses(0.7)
    assert Predictions.of(one.target, one.predicted, index=np.arange(1, 101)).objects != one.objects


def test_scores_are_right_or_wrong_unless_given():
    np.testing.assert_array_equal(Predictions.of([0, 1, 2], [0, 2, 2]).score, [1, 0, 1])
    np.testing.assert_array_equal(Predictions.of([0, 1], [0, 1], score=[0.5, 0.25]).score, [0.5, 0.25])


@pytest.mark.parametrize(
    ('target', 'predicted', 'others'),
    [
        ([], [], {}),
        ([0, 1], [0], {}),
        ([[0, 1]], [[0, 1]], {}),
        ([0, 1], [0, 1], {'index': [3, 3]}),
        ([0, 1], [0, 1], {'score': [0.5, 1.5]}),
        ([0, 1], [0, 1], {'score': [0.5, float('nan')]}),
    ],
)
def test_what_is_not_predictions_is_refused(target, predicted, others):
    with pytest.raises(ValueError):
        Predictions.of(target, predicted, **others)


@pytest.mark.parametrize('harm', ['missing', 'cut', 'text', 'renamed', 'array lost'])
def test_damaged_files_are_named(tmp_path, harm):
    path = tmp_path / f'{guesses(0.5).save(tmp_path)}.npz'
    if harm == 'missing':
        path.unlink()
    elif harm == 'cut':
        path.write_bytes(path.read_bytes()[:-40])
    elif harm == 'text':
        path.write_text('no archive')
    elif harm == 'renamed':
        path = path.rename(tmp_path / f'{"0" * 32}.npz')
    else:
        np.savez(path, index=np.arange(3))
    with pytest.raises(UsageError, match=path.name):
        read_predictions(path)


def test_pickled_arrays_are_not_opened(tmp_path):
    path = tmp_path / f'{"0" * 32}.npz'
    np.savez(path, **{name: np.array([{}], dtype=object) for name in ('index', 'target', 'predicted', 'score')})
    with pytest.raises(UsageError, match='cannot be read'):
        read_predictions(path)
