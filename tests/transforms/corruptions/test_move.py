"""The corruptions that move points, exact given their draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.transforms.clouds import clouds, unit_normals
from zoo.transforms import Corrupt
from zoo.transforms.corruptions.draws import KeyedDraws

INDEX = torch.tensor([3, 8, 100])


def corrupted(name, severity):
    return Corrupt(name, severity, seed=6)({'points': clouds(3, 20), 'normals': unit_normals(3, 20), 'index': INDEX})


def streams(name):
    """The draws of every object, one object at a time."""
    return [KeyedDraws(6, name, torch.tensor([number])) for number in INDEX.tolist()]


@pytest.mark.parametrize(('severity', 'largest'), [(1, 1.6), (3, 1.8), (5, 2.0)])
def test_scale(severity, largest):
    result = corrupted('scale', severity)
    for row, draws in enumerate(streams('scale')):
        factor = 1 / largest + (largest - 1 / largest) * draws.uniform(1, 3)[0]
        cloud = clouds(3, 20)[row].double().numpy() * factor
        cloud -= cloud.mean(axis=0)
        assert np.allclose(result['points'][row], cloud / np.linalg.norm(cloud, axis=1).max(), atol=1e-6)
        normals = unit_normals(3, 20)[row].double().numpy() / factor
        assert np.allclose(result['normals'][row], normals / np.linalg.norm(normals, axis=1)[:, None], atol=1e-6)


@pytest.mark.parametrize('severity', [1, 4])
def test_jitter(severity):
    result = corrupted('jitter', severity)
    for row, draws in enumerate(streams('jitter')):
        expected = clouds(3, 20)[row].double().numpy() + 0.01 * severity * draws.normal(20, 3)[0]
        assert np.allclose(result['points'][row], expected, atol=1e-6)
    assert torch.equal(result['normals'], unit_normals(3, 20))


@pytest.mark.parametrize('severity', [1, 5])
def test_rotate(severity):
    result = corrupted('rotate', severity)
    for row, draws in enumerate(streams('rotate')):
        angle = 6 * severity * (2 * draws.uniform(3)[0] - 1)
        (sx, sy, sz), (cx, cy, cz) = np.sin(np.radians(angle)), np.cos(np.radians(angle))
        about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        matrix = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]) @ about_y @ about_x
        assert np.allclose(result['points'][row], clouds(3, 20)[row].double().numpy() @ matrix, atol=1e-6)
        assert np.allclose(result['normals'][row], unit_normals(3, 20)[row].double().numpy() @ matrix, atol=1e-6)
