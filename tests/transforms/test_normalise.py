from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.transforms.clouds import clouds, unit_normals
from zoo.transforms import UnitSphere


def test_unit_sphere_agrees_with_a_loop():
    points = clouds() * torch.tensor([3.0, 0.1, 50.0, 1.0])[:, None, None] + 7
    result = UnitSphere()({'points': points})['points'].numpy()
    for cloud, source in zip(result, points.double().numpy(), strict=True):
        centered = source - source.mean(0)
        assert cloud == pytest.approx(centered / max(math.dist(row, (0, 0, 0)) for row in centered), abs=2e-5)
        assert np.linalg.norm(cloud, axis=1).max() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize('place', [0.0, 0.1, 1e4])
def test_a_cloud_of_one_place_becomes_zeros(place):
    points = torch.full((2, 33, 3), place)
    points[1] = clouds(1, 33)[0]
    result = UnitSphere()({'points': points})['points']
    assert result[0].abs().max() == 0
    assert result[1].norm(dim=1).max() == pytest.approx(1, abs=1e-6)


def test_normals_do_not_change():
    normals = unit_normals()
    assert UnitSphere()({'points': clouds(), 'normals': normals})['normals'] is normals
