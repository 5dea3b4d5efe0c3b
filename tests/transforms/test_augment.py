from __future__ import annotations

import itertools
import re
from collections import Counter

import numpy as np
import pytest
import torch
from scipy import stats

from tests.refusals import refused
from tests.transforms.clouds import UNLIKELY, clouds, evenly, unit_normals
from zoo.transforms import RandomJitter, RandomMirror, RandomScale, RandomScaleTranslate, RandomTranslate

EXACT = [
    (RandomScale((0.5, 2)), (4, 1, 1), lambda draw: (0.5 + 1.5 * draw, 0)),
    (RandomScale((0.5, 2), per_axis=True), (4, 1, 3), lambda draw: (0.5 + 1.5 * draw, 0)),
    (RandomScale(), (4, 1, 1), lambda draw: (2 / 3 + (3 / 2 - 2 / 3) * draw, 0)),
    (RandomTranslate(0.3), (4, 1, 3), lambda draw: (1, (2 * draw - 1) * 0.3)),
    (RandomTranslate(), (4, 1, 3), lambda draw: (1, (2 * draw - 1) * 0.2)),
    (RandomScaleTranslate((0.5, 2), 0.3), (4, 2, 3), lambda draw: (0.5 + 1.5 * draw[:, :1], 0.6 * draw[:, 1:] - 0.3)),
    (RandomScaleTranslate(), (4, 2, 3), lambda draw: (2 / 3 + 5 / 6 * draw[:, :1], (2 * draw[:, 1:] - 1) * 0.2)),
]


@pytest.mark.parametrize(('transform', 'shape', 'by_hand'), EXACT)
def test_given_their_draws_scales_and_shifts_are_exact(transform, shape, by_hand):
    points, normals = clouds(), unit_normals()
    torch.manual_seed(8)
    result = transform({'points': points, 'normals': normals})
    torch.manual_seed(8)
    factor, shift = by_hand(torch.rand(shape).double().numpy())
    assert np.allclose(result['points'], points.double().numpy() * factor + shift, atol=1e-6)
    leaning = normals.double().numpy() / factor
    leaning /= np.linalg.norm(leaning, axis=2, keepdims=True)
    assert np.allclose(result['normals'], leaning, atol=1e-6)


@pytest.mark.parametrize(('options', 'sigma', 'clip'), [((), 0.01, 0.05), ((0.01, 0.02), 0.01, 0.02)])
def test_given_its_draws_noise_is_exact(options, sigma, clip):
    points = clouds(100)
    torch.manual_seed(8)
    result = RandomJitter(*options)({'points': points})['points']
    torch.manual_seed(8)
    noise = np.clip(sigma * torch.randn(points.shape).numpy(), -clip, clip)
    assert np.allclose(result, points.numpy() + noise, atol=1e-7)
    assert (np.abs(noise) == np.float32(clip)).any() == bool(options)


@pytest.mark.parametrize(('axes', 'free'), [(('x', 'z'), (0, 2)), (('x',), (0,)), ('xyz', (0, 1, 2)), ((), ())])
def test_axes_are_reflected_independently_half_the_time(axes, free):
    torch.manual_seed(0)
    points, normals = torch.ones(4000, 2, 3), unit_normals(4000, 2)
    result = RandomMirror(axes)({'points': points, 'normals': normals})
    sign = result['points']
    assert torch.equal(sign[:, 0], sign[:, 1])
    assert torch.allclose(result['normals'], normals * sign, atol=1e-6)
    fixed = [axis for axis in range(3) if axis not in free]
    assert (sign[:, :, fixed] == 1).all()
    outcomes = list(itertools.product((-1.0, 1.0), repeat=len(free)))
    if free:
        assert evenly(Counter(map(tuple, sign[:, 0, list(free)].tolist())), outcomes)


def test_reflections_have_a_probability():
    torch.manual_seed(0)
    sign = RandomMirror('x', 0.2)({'points': torch.ones(4000, 1, 3)})['points'][:, 0, 0]
    assert stats.binomtest(int((sign < 0).sum()), 4000, 0.2).pvalue > UNLIKELY
    assert (RandomMirror('xz', 0.0)({'points': torch.ones(9, 1, 3)})['points'] == 1).all()
    assert (RandomMirror('xz', 1.0)({'points': torch.ones(9, 1, 3)})['points'] == torch.tensor([-1.0, 1, -1])).all()


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: RandomScaleTranslate(scale=(0, 1)), 'RandomScaleTranslate: impossible ranges'),
        (lambda: RandomScaleTranslate(scale=(2, 1)), 'RandomScaleTranslate: impossible ranges'),
        (lambda: RandomScaleTranslate(translate=-1), 'RandomScaleTranslate: impossible ranges'),
        (lambda: RandomScale((0, 1)), 'RandomScale: impossible range'),
        (lambda: RandomTranslate(-0.1), 'RandomTranslate: translate must not be negative'),
        (lambda: RandomJitter(-1), 'RandomJitter: impossible noise'),
        (lambda: RandomJitter(1, -1), 'RandomJitter: impossible noise'),
        (lambda: RandomMirror('w'), 'RandomMirror: impossible choice'),
        (lambda: RandomMirror('x', 2), 'RandomMirror: impossible choice'),
    ],
)
def test_impossible_settings_are_usage_errors(make, message):
    assert re.search(message, refused(make))
