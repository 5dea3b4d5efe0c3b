from __future__ import annotations

import numpy as np
import pytest

from benchmarks.records import Run, better, run_of
from tests.benchmarks.records.examples import guesses


def runs(values):
    return [Run(seed, value) for seed, value in enumerate(values)]


def measured(generator, seeds, objects, base, spread, shift=0.0, own=0.5):
    """Runs of a method: its seeds differ by ``spread``, it finds other objects hard by ``own`` (log odds)."""
    hardness = base + shift + generator.normal(0, own, objects)
    found = []
    for seed in range(seeds):
        chance = 1 / (1 + np.exp(-hardness - generator.normal(0, spread)))
        score = (generator.random(objects) < chance).astype(float)
        found.append(Run(seed, 100 * score.mean(), score, 'same'))
    return found


@pytest.mark.parametrize(
    ('a', 'b'),
    [
        ([60.0, 75.0, 90.0], [70.0, 71.0, 72.0]),
        ([71.5, 71.6, 71.7], [60.0, 70.0, 80.0]),
        ([50.0, 60.0, 70.0], [49.0, 59.0, 69.0]),
        (np.linspace(60, 80, 20), np.linspace(59, 79, 20)),
    ],
)
def test_a_method_whose_seeds_straddle_the_others_is_not_better(a, b):
    assert np.mean(a) > np.mean(b)
    found = better(runs(a), runs(b))
    assert not found.better()
    assert found.method == 'seeds straddle'


def test_folds_may_straddle_where_every_pair_agrees():
    generator = np.random.default_rng(0)
    folds = generator.normal(95, 3, 10)
    assert better(runs(folds + 1 + 0.2 * generator.random(10)), runs(folds), strict=False).better()
    assert not better(runs(folds + generator.normal(0.2, 2, 10)), runs(folds), strict=False).better()


def test_a_clear_winner_is_better_and_never_the_loser():
    a, b = runs([80.1, 80.9, 80.4]), runs([70.2, 71.1, 70.6])
    assert better(a, b).better()
    assert better(a, b).method == 'paired t'
    assert not better(b, a).better()
    assert better(b, a).p_value <= 0.05


@pytest.mark.parametrize(('seeds', 'spread'), [(2, 0.0), (3, 0.3), (5, 0.1), (10, 0.3)])
def test_equal_methods_are_told_apart_in_few_of_many_trials(seeds, spread):
    """The 95 % level holds, whether seeds vary or objects do."""
    generator = np.random.default_rng(seeds)
    wrong = 0
    for trial in range(200):
        base = generator.normal(1, 1.5, 150)
        a, b = (measured(generator, seeds, 150, base, spread) for _ in range(2))
        found = better(a, b, resamples=250, seed=trial, strict=False)
        wrong += found.p_value <= 0.05
    assert wrong / 200 <= 0.07


def test_a_real_difference_is_found():
    generator = np.random.default_rng(3)
    found = 0
    for trial in range(40):
        base = generator.normal(1, 1.5, 400)
        a, b = (measured(generator, 5, 400, base, 0.05, shift) for shift in (0.8, 0.0))
        found += better(a, b, resamples=500, seed=trial).better()
    assert found >= 36


def test_a_lucky_test_set_is_not_enough():
    """Seeds that agree to the last digit say nothing of ten objects."""
    a = np.array([1.0] * 6 + [0.0] * 4)
    b = np.array([1.0] * 5 + [0.0] * 5)
    first = [Run(seed, 60.0, a, 'x') for seed in range(5)]
    second = [Run(seed, 50.0, b, 'x') for seed in range(5)]
    assert not better(first, second).better()
    # Without predictions there is nothing to judge by at all.
    assert better(runs([60.0] * 5), runs([50.0] * 5)).method.startswith('seeds do not differ')


def test_folds_with_objects_of_their_own():
    generator = np.random.default_rng(0)
    a, b = [], []
    for fold in range(10):
        hard = generator.random(100) < 0.7
        win = hard | (generator.random(100) < 0.5)
        # Every fold has its own objects of one data set, which is what the first word says.
        for runs_of, score in ((a, win), (b, hard)):
            runs_of.append(Run(fold, 100 * score.mean(), score.astype(float), f'data fold{fold}'))
    found = better(a, b, strict=False)
    assert found.better()
    assert found.method.startswith('paired bootstrap')


def test_pairs_are_made_by_seed_not_by_order():
    a = runs([80.0, 85.0, 90.0])
    b = runs([79.0, 84.2, 88.9])
    assert better(a, b[::-1], strict=False) == better(a, b, strict=False)
    # Seeds that only one of them has are left out.
    assert better(a, [*b, Run(9, 0.0)], strict=False).p_value == better(a, b, strict=False).p_value


def others(objects):
    return [Run(seed, 90.0 + seed, None, objects) for seed in range(2)]


@pytest.mark.parametrize(
    ('a', 'b', 'reason'),
    [
        (runs([90.0]), runs([10.0]), 'fewer than two common seeds'),
        (runs([90.0, 91.0]), [Run(7, 1.0), Run(8, 1.0)], 'fewer than two common seeds'),
        (others('a'), others('b'), 'measured on different objects'),
    ],
)
def test_what_cannot_be_compared_is_not_better(a, b, reason):
    found = better(a, b)
    assert found.method == reason
    assert found.p_value == 1.0
    assert not found.better()


def test_bad_runs_are_refused():
    with pytest.raises(ValueError, match='at least one'):
        better([], runs([1.0]))
    with pytest.raises(ValueError, match='twice'):
        better([Run(0, 1.0), Run(0, 2.0)], runs([1.0]))
    with pytest.raises(ValueError, match='finite'):
        better(runs([float('nan'), 1.0]), runs([1.0, 2.0]))


def test_the_score_of_a_run_has_the_mean_of_its_figure():
    guess = guesses(0.7)
    one = run_of(70.0, 0, 'f', guess)
    assert 100 * one.score.mean() == pytest.approx(70.0)
    right = guess.target == guess.predicted
    macc = 100 * np.mean([right[guess.target == c].mean() for c in range(4)])
    by_class = run_of(macc, 0, 'f', guess)
    assert 100 * by_class.score.mean() == pytest.approx(macc)


def test_a_figure_that_is_no_mean_of_scores_has_none():
    one = run_of(33.0, 0, 'f', guesses(0.7))
    assert one.score is None
    assert (one.value, one.objects) == (33.0, 'f')
