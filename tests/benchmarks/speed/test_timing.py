from __future__ import annotations

import pytest

from benchmarks.speed import timing


def test_statistics_are_those_of_the_pairs():
    result = timing.Comparison(baseline=(4.0, 9.0, 8.0, 50.0, 6.0), candidate=(2.0, 3.0, 2.0, 10.0, 1.0))
    assert result.ratio == 4
    assert result.spread == (3, 5)
    assert result.cells(0, 1) == ['8000', '2000', '4.0', '3.0 to 5.0']


def test_turns_alternate_and_the_warm_up_does_not_count(monkeypatch):
    calls = []
    clock = iter(range(1000))
    monkeypatch.setattr(timing.time, 'perf_counter', lambda: next(clock))
    result = timing.compare(lambda: calls.append('b'), lambda: calls.append('c'), rounds=3, warmup=1)
    assert ''.join(calls) in ('bccbbccb', 'cbbccbbc')
    assert result == timing.Comparison((1, 1, 1), (1, 1, 1))


def test_a_clock_that_stands_still_gives_a_finite_ratio_and_rounds_must_be_positive(monkeypatch):
    monkeypatch.setattr(timing.time, 'perf_counter', lambda: 0.0)
    assert timing.compare(int, int, rounds=2).ratio == 1
    with pytest.raises(ValueError, match='rounds must be at least 1, got 0'):
        timing.compare(int, int, rounds=0)
