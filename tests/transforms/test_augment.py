from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from scipy import stats

from tests.transforms.clouds import UNLIKELY, alike, clouds, evenly, unit_normals
from zoo.errors import UsageError
from zoo.transforms import RandomJitter, RandomMirror, RandomScale, RandomScaleTranslate, RandomTranslate


def uniform(sample, low, high):
    return stats.kstest(np.ravel(sample), stats.uniform(low, high - low).cdf).pvalue > UNLIKELY


def uncorrelated(draws):
    return np.abs(np.corrcoef(draws.T) - np.eye(draws.shape[1])).max() < 0.06


# --- scale and translate ----------------------------------------------------------------------------------------------


def test_scales_and_shifts_are_uniform_and_independent():
    torch.manual_seed(0)
    points = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [-2.0, 0.5, 3.0]]).expand(4000, -1, -1)
    moved = RandomScaleTranslate()({'points': points})['points'].double()
    shift, factor = moved[:, 0], moved[:, 1] - moved[:, 0]
    assert torch.allclose(moved[:, 2], points[:, 2].double() * factor + shift, atol=1e-5)
    draws = torch.cat([factor, shift], dim=1).numpy()
    for column in range(6):
        assert uniform(draws[:, column], *((2 / 3, 3 / 2) if column < 3 else (-0.2, 0.2)))
    assert uncorrelated(draws)


def test_scale_and_translate_are_its_two_halves():
    points = torch.ones(3000, 1, 3)
    torch.manual_seed(0)
    factor = RandomScale(per_axis=True)({'points': points})['points'][:, 0].numpy()
    shift = RandomTranslate()({'points': points})['points'][:, 0].numpy() - 1
    both = RandomScaleTranslate()({'points': points})['points'][:, 0].numpy()
    assert all(uniform(factor[:, axis], 2 / 3, 3 / 2) and uniform(shift[:, axis], -0.2, 0.2) for axis in range(3))
    assert uncorrelated(np.concatenate([factor, shift], axis=1))
    assert all(alike(factor[:, axis] + shift[:, axis], both[:, axis]) for axis in range(3))


def test_one_scale_keeps_the_shape():
    torch.manual_seed(0)
    points, normals = clouds(3000, 2), unit_normals(3000, 2)
    result = RandomScale((0.8, 1.25))({'points': points, 'normals': normals})
    factor = (result['points'] / points).numpy()
    assert np.allclose(factor, factor[:, :1, :1], atol=1e-5)
    assert uniform(factor[:, 0, 0], 0.8, 1.25)
    assert torch.allclose(result['normals'], normals, atol=1e-6)


@pytest.mark.parametrize(
    ('transform', 'by_hand'),
    [
        (RandomScale((0.5, 2)), lambda cloud, draw: cloud * (0.5 + 1.5 * draw)),
        (RandomScale((0.5, 2), per_axis=True), lambda cloud, draw: cloud * (0.5 + 1.5 * draw)),
        (RandomTranslate(0.3), lambda cloud, draw: cloud + (2 * draw - 1) * 0.3),
    ],
)
def test_given_their_draws_they_are_exact(transform, by_hand):
    points = clouds()
    torch.manual_seed(8)
    result = transform({'points': points})['points'].numpy()
    torch.manual_seed(8)
    draws = torch.rand(4, 1, 1 if getattr(transform, 'per_axis', True) is False else 3).double().numpy()
    for row in range(4):
        for point in range(40):
            assert result[row, point] == pytest.approx(
                by_hand(points[row, point].double().numpy(), draws[row, 0]), abs=1e-6
            )


# --- jitter -----------------------------------------------------------------------------------------------------------


def test_noise_is_normal_and_cut():
    torch.manual_seed(0)
    points = clouds(100, 50)
    noise = (RandomJitter(0.01, 0.02)({'points': points})['points'] - points).double().numpy()
    generator = np.random.default_rng(3)

    def one_cloud():
        return [[min(0.02, max(-0.02, generator.normal(0, 0.01))) for _ in range(3)] for _ in range(50)]

    expected = np.array([one_cloud() for _ in range(100)])
    assert np.abs(noise).max() == pytest.approx(0.02, abs=1e-6)
    assert np.mean(np.abs(noise) > 0.02 - 1e-6) == pytest.approx(2 * stats.norm.sf(2), abs=0.005)
    inside = np.abs(noise) < 0.0199
    assert alike(noise[inside], expected[np.abs(expected) < 0.0199])
    assert uncorrelated(noise.reshape(-1, 3))
    assert abs(np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]) < 0.03


def test_given_its_draws_noise_is_exact():
    points = clouds()
    torch.manual_seed(8)
    result = RandomJitter()({'points': points})['points']
    torch.manual_seed(8)
    assert np.allclose(result, points.numpy() + np.clip(0.01 * torch.randn(4, 40, 3).numpy(), -0.05, 0.05), atol=1e-7)


# --- reflections ------------------------------------------------------------------------------------------------------


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


# --- wrong use --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('options', [{'scale': (0, 1)}, {'scale': (2, 1)}, {'translate': -1}])
def test_impossible_ranges_are_usage_errors(options):
    with pytest.raises(UsageError, match='RandomScaleTranslate: impossible ranges'):
        RandomScaleTranslate(**options)


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: RandomScale((0, 1)), 'RandomScale: impossible range'),
        (lambda: RandomTranslate(-0.1), 'RandomTranslate: translate must not be negative'),
        (lambda: RandomJitter(-1), 'RandomJitter: impossible noise'),
        (lambda: RandomJitter(1, -1), 'RandomJitter: impossible noise'),
        (lambda: RandomMirror('w'), 'RandomMirror: impossible choice'),
        (lambda: RandomMirror('x', 2), 'RandomMirror: impossible choice'),
    ],
)
def test_impossible_settings_are_usage_errors(make, message):
    with pytest.raises(UsageError, match=message):
        make()
