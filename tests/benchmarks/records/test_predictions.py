from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.records import PredictionLists, Predictions
from tests.benchmarks.records.examples import guesses


@pytest.mark.parametrize('given', [{}, {'index': np.arange(100)[::-1]}, {'score': np.linspace(0, 1, 100) ** 2}])
def test_predictions_survive_json(given):
    first = guesses(0.7)
    first = Predictions.of(first.target, first.predicted, **given)
    packed = PredictionLists.pack(first)
    assert (packed.index is None, packed.score is None) == ('index' not in given, 'score' not in given)
    again = PredictionLists(**json.loads(packed.model_dump_json())).unpack()
    for name in ('index', 'target', 'predicted', 'score'):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
        assert getattr(again, name).dtype == getattr(first, name).dtype
    assert again.accuracy == pytest.approx(70.0)


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
