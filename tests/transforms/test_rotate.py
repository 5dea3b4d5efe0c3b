from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from tests.transforms.clouds import UNLIKELY, clouds, unit_normals
from zoo.transforms import RandomRotateGravity, RandomRotateSO3


def test_rotations_about_gravity_are_about_y_and_uniform():
    torch.manual_seed(0)
    points = torch.tensor([[1.0, 0.5, 0.0], [0.0, -2.0, 1.0], [0.3, 0.1, -0.4]]).expand(4000, -1, -1)
    turned = RandomRotateGravity()({'points': points})['points'].double()
    assert torch.equal(turned[:, :, 1], points[:, :, 1].double())
    angle = torch.atan2(turned[:, 0, 2], turned[:, 0, 0])
    for row in range(3):
        x, z = points[0, row, 0], points[0, row, 2]
        expected = torch.stack([x * angle.cos() - z * angle.sin(), x * angle.sin() + z * angle.cos()], dim=1)
        assert torch.allclose(turned[:, row][:, [0, 2]], expected, atol=1e-6)
    assert stats.kstest(angle.numpy(), stats.uniform(-math.pi, 2 * math.pi).cdf).pvalue > UNLIKELY
    assert abs(np.corrcoef(angle[:-1], angle[1:])[0, 1]) < 0.05


@pytest.mark.parametrize('kind', [RandomRotateGravity, RandomRotateSO3])
def test_shapes_and_their_normals_turn_together(kind):
    batch = {'points': unit_normals(5, 30), 'normals': unit_normals(5, 30)}
    result = kind()(batch)
    assert torch.equal(result['points'], result['normals'])
    distances = [torch.cdist(points, points) for points in (result['points'], batch['points'])]
    assert torch.allclose(*distances, atol=1e-3)


def test_given_its_draws_a_rotation_is_exact():
    points = clouds(6, 20)
    torch.manual_seed(3)
    result = RandomRotateSO3()({'points': points})['points']
    torch.manual_seed(3)
    for cloud, source, (real, *vector) in zip(result, points, torch.randn(6, 4).double().tolist(), strict=True):
        # Points as rows are turned by the inverse of the rotation: about the opposite of the axis (Rodrigues).
        axis, angle = -np.array(vector) / np.linalg.norm(vector), 2 * np.arctan2(np.linalg.norm(vector), real)
        rows = source.double().numpy()
        turned = rows * np.cos(angle) + np.cross(axis, rows) * np.sin(angle)
        turned += axis * (rows @ axis)[:, None] * (1 - np.cos(angle))
        assert np.allclose(cloud, turned, atol=1e-6)
