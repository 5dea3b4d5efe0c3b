"""The corruptions that take points away, exact given their draws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy import stats

from tests.transforms.clouds import UNLIKELY, chosen, clouds, numbered
from zoo.transforms import Corrupt
from zoo.transforms.corruptions.clusters import cluster_of_points
from zoo.transforms.corruptions.draws import KeyedDraws


def test_every_point_is_dropped_equally_often_and_the_rest_keeps_its_order():
    batch = {**numbered(3000, 16), 'index': torch.arange(3000)}
    numbers = chosen(Corrupt('drop_global', 3)(batch))
    assert numbers.shape == (3000, 8)
    assert (numbers.diff(dim=1) > 0).all()
    assert stats.chisquare(np.bincount(numbers.ravel())).pvalue > UNLIKELY


def test_what_is_left_is_left_at_lower_severities_too():
    batch = {**numbered(20, 64), 'index': torch.arange(20)}
    kept = [[set(row) for row in chosen(Corrupt('drop_global', severity)(batch)).tolist()] for severity in range(1, 6)]
    for milder, harder in itertools.pairwise(kept):
        assert all(few < many for few, many in zip(harder, milder, strict=True))


@pytest.mark.parametrize('severity', [1, 3, 5])
def test_holes_are_cut_around_points_that_are_left(severity):
    total, size = 80, 6
    points = clouds(size, total)
    part = torch.arange(total).expand(size, -1)
    result = Corrupt('drop_local', severity, 2)({'points': points, 'part': part, 'index': torch.arange(size)})
    for row in range(size):
        draws = KeyedDraws(2, 'drop_local', torch.tensor([row]))
        sizes = np.bincount(cluster_of_points(draws, total, severity)[0], minlength=7)
        left = list(range(total))
        for hole, share in zip(sizes, draws.uniform(7)[0], strict=True):
            center = points[row, left[int(share * len(left))]]
            by_distance = sorted(left, key=lambda point: float(((points[row, point] - center) ** 2).sum()))
            left = sorted(by_distance[hole:])
        assert result['part'][row].tolist() == left
        assert torch.equal(result['points'][row], points[row, left])


def test_holes_are_one_to_seven_and_share_the_points():
    draws = KeyedDraws(0, 'drop_local', torch.arange(4000))
    cluster = cluster_of_points(draws, 1024, 5)
    assert cluster.shape == (4000, 500)
    highest = cluster.max(axis=1) + 1
    assert stats.chisquare(np.bincount(highest, minlength=8)[1:]).pvalue > UNLIKELY
    sevens = cluster[highest == 7]
    counts = np.stack([np.bincount(row, minlength=7) for row in sevens])
    assert stats.chisquare(counts.sum(axis=0)).pvalue > UNLIKELY
    # Counts of a multinomial: variance n p (1 - p).
    assert counts.var() == pytest.approx(500 / 7 * 6 / 7, rel=0.1)


def test_points_of_one_place_are_dropped_too():
    result = Corrupt('drop_local', 5)({'points': torch.ones(3, 1024, 3), 'index': torch.arange(3)})['points']
    assert torch.equal(result, torch.ones(3, 524, 3))
