"""The corruptions that add points."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from tests.transforms.clouds import UNLIKELY, unit_normals, whole_batch
from zoo.transforms import Corrupt
from zoo.transforms.corruptions.clusters import cluster_of_points
from zoo.transforms.corruptions.draws import KeyedDraws


@pytest.mark.parametrize('name', ['add_global', 'add_local'])
def test_what_was_there_stays_in_front(name):
    batch = whole_batch(3, 1024)
    result = Corrupt(name, 2)(batch)
    for key in ('points', 'normals', 'part'):
        assert torch.equal(result[key][:, :1024], batch[key])
    assert (result['normals'][:, 1024:] == 0).all()
    assert (result['part'][:, 1024:] == -1).all()


def test_global_points_are_uniform_in_the_ball():
    batch = {'points': unit_normals(300, 1024) * 0.5, 'index': torch.arange(300)}
    added = Corrupt('add_global', 5)(batch)['points'][:, 1024:].double().numpy().reshape(-1, 3)
    radius = np.linalg.norm(added, axis=1)
    assert stats.kstest(radius**3, 'uniform').pvalue > UNLIKELY
    direction = added / radius[:, None]
    for axis in range(3):
        assert stats.kstest(direction[:, axis], stats.uniform(-1, 2).cdf).pvalue > UNLIKELY
    assert np.abs(np.corrcoef(np.column_stack([radius, direction]).T) - np.eye(4)).max() < 0.03
    milder = Corrupt('add_global', 2)(batch)['points'][:, 1024:].double().numpy()
    assert np.array_equal(milder, added.reshape(300, 50, 3)[:, :20])


@pytest.mark.parametrize('severity', [1, 5])
def test_given_their_draws_local_points_are_exact(severity):
    size, total = 4, 64
    points = unit_normals(size, total) * 0.95
    result = Corrupt('add_local', severity, 9)({'points': points, 'index': torch.arange(size)})['points']
    outside = 0
    for row in range(size):
        draws = KeyedDraws(9, 'add_local', torch.tensor([row]))
        cluster = cluster_of_points(draws, total, severity)[0]
        spread = 0.075 + 0.05 * draws.uniform(7)[0]
        middle = draws.permutation(total)[0, :7]
        noise = draws.normal(round(500 * total / 1024), 3)[0]
        for position, number in enumerate(cluster):
            point = points[row, middle[number]].double().numpy() + spread[number] * noise[position]
            outside += point @ point > 1
            expected = point / (point @ point) if point @ point > 1 else point
            assert result[row, total + position].numpy() == pytest.approx(expected, abs=1e-6)
    assert outside
    assert result.norm(dim=2).max() <= 1 + 1e-6
