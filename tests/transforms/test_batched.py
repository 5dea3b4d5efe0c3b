# ruff: noqa: NPY002  (the global generators are what is tested: they must not matter)
from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import torch
from scipy import stats

from tests.shared import shared_file
from zoo import ops
from zoo.errors import UsageError
from zoo.registry import TRANSFORMS
from zoo.transforms import FPSSubsample, RandomRotateGravity, RandomScaleTranslate, RandomSubsample, UnitSphere

UNLIKELY = 1e-3
"""A test of distribution fails below this p-value; seeds are fixed, so it either always does or never."""

ALL = [
    {'type': 'RandomSubsample', 'num_points': 16},
    {'type': 'FPSSubsample', 'num_points': 16},
    {'type': 'FPSSubsample', 'num_points': 16, 'oversample': 24},
    {'type': 'UnitSphere'},
    {'type': 'RandomRotateGravity'},
    {'type': 'RandomScaleTranslate'},
]


def clouds(size=4, total=40, seed=0):
    return torch.randn(size, total, 3, generator=torch.Generator().manual_seed(seed))


def numbered(size, total):
    """Clouds whose x is the number of the point, and whose part is that number plus 100."""
    points = torch.zeros(size, total, 3)
    points[:, :, 0] = torch.arange(total)
    return {'points': points, 'part': torch.arange(total).expand(size, -1) + 100}


def chosen(batch):
    """The numbers of the points that are left, checked against their parts."""
    numbers = batch['points'][:, :, 0].long()
    assert torch.equal(batch['part'], numbers + 100)
    return numbers


def evenly(counts, outcomes):
    return stats.chisquare([counts[outcome] for outcome in outcomes]).pvalue > UNLIKELY


# --- every transform ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('config', ALL, ids=str)
def test_the_input_and_the_rest_of_the_batch_stay_as_they_are(config):
    points = clouds()
    batch = {'points': points, 'label': torch.arange(4), 'text': ['a'] * 4}
    before = points.clone()
    result = TRANSFORMS.build(config)(batch)
    assert torch.equal(points, before)
    assert batch.keys() == result.keys()
    assert batch['points'] is points
    assert result['label'] is batch['label']
    assert result['points'].dtype == torch.float32


@pytest.mark.parametrize('config', ALL, ids=str)
def test_a_seed_repeats_it(config):
    transform = TRANSFORMS.build(config)

    def run():
        torch.manual_seed(4)
        np.random.rand(3)
        return transform({'points': clouds()})['points']

    assert torch.equal(run(), run())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
@pytest.mark.parametrize('config', ALL, ids=str)
def test_the_device_makes_no_difference(config):
    transform = TRANSFORMS.build(config)
    results = []
    for device in ('cpu', 'cuda'):
        torch.manual_seed(4)
        results.append(transform({'points': clouds().to(device)})['points'].cpu())
    assert torch.allclose(*results, atol=1e-6)


# --- sampling ---------------------------------------------------------------------------------------------------------


def test_random_subsamples_come_in_every_order_equally_often():
    torch.manual_seed(0)
    numbers = chosen(RandomSubsample(3)(numbered(9000, 5)))
    outcomes = list(itertools.permutations(range(5), 3))
    assert evenly(Counter(map(tuple, numbers.tolist())), outcomes)


def test_objects_of_a_batch_are_sampled_independently():
    torch.manual_seed(0)
    numbers = chosen(RandomSubsample(1)(numbered(9000, 3))).view(-1, 2)
    assert evenly(Counter(map(tuple, numbers.tolist())), list(itertools.product(range(3), repeat=2)))


@pytest.mark.parametrize(('total', 'num'), [(3, 7), (3, 9), (1, 4), (5, 5)])
def test_too_few_points_are_repeated_as_evenly_as_possible(total, num):
    torch.manual_seed(0)
    numbers = chosen(RandomSubsample(num)(numbered(400, total)))
    assert numbers.shape == (400, num)
    counts = torch.stack([(numbers == point).sum(1) for point in range(total)], dim=1)
    assert counts.min() == num // total
    assert counts.max() == -(-num // total)
    if num % total:
        extra = Counter(row.index(max(row)) for row in counts.tolist())
        assert evenly(extra, range(total))


def test_random_subsamples_of_real_clouds_keep_their_points():
    points = torch.from_numpy(np.load(shared_file('data', 'shapedb69', 'points2048.npz'))['pts'][:3]).float()
    kept = RandomSubsample(512)({'points': points})['points']
    for cloud, source in zip(kept, points, strict=True):
        rows = set(map(tuple, source.tolist()))
        assert set(map(tuple, cloud.tolist())) <= rows


def test_testing_keeps_the_farthest_points():
    points = clouds()
    index = ops.farthest_point_sample(points, 16)
    expected = torch.stack([cloud[rows] for cloud, rows in zip(points, index, strict=True)])
    batch = FPSSubsample(16)({'points': points, 'part': torch.arange(40).expand(4, -1)})
    assert torch.equal(batch['points'], expected)
    assert torch.equal(batch['part'], index)


def test_training_keeps_a_random_choice_of_the_farthest_points():
    torch.manual_seed(0)
    cloud = clouds(1, 12)
    pool = ops.farthest_point_sample(cloud, 4)[0].tolist()
    batch = {'points': cloud.expand(6000, -1, -1), 'part': torch.arange(12).expand(6000, -1)}
    kept = FPSSubsample(3, oversample=4)(batch)
    assert evenly(Counter(map(tuple, kept['part'].tolist())), list(itertools.permutations(pool, 3)))
    assert torch.equal(kept['points'], cloud[0][kept['part']])


def test_points_near_the_origin_can_be_passed_over():
    points = clouds(2, 30)
    points[:, 1:10] *= 1e-3
    kept = FPSSubsample(20, skip_near_origin=True)({'points': points})['points']
    assert (kept[:, 1:].norm(dim=2) > 0.03).all()


def test_sampling_all_points_is_left_out(monkeypatch):
    def forbidden(*args, **kwargs):
        raise AssertionError('farthest point sampling of all points')

    monkeypatch.setattr(ops, 'farthest_point_sample', forbidden)
    batch = numbered(2000, 4)
    assert FPSSubsample(4)(batch) is batch
    torch.manual_seed(0)
    numbers = chosen(FPSSubsample(4, oversample=6)(batch))
    assert evenly(Counter(map(tuple, numbers.tolist())), list(itertools.permutations(range(4))))


def test_farthest_points_of_too_small_clouds_are_repeated():
    assert chosen(FPSSubsample(5)(numbered(1, 3))).tolist() == [[0, 1, 2, 0, 1]]
    counts = chosen(FPSSubsample(7, oversample=9)(numbered(1, 3)))[0].bincount()
    assert sorted(counts.tolist()) == [2, 2, 3]


@pytest.mark.parametrize('kind', [RandomSubsample, FPSSubsample])
def test_a_number_of_points_below_one_is_a_usage_error(kind):
    with pytest.raises(UsageError, match=f'{kind.__name__}: num_points must be at least 1, got 0'):
        kind(0)


def test_oversampling_less_than_the_result_is_a_usage_error():
    with pytest.raises(UsageError, match=r'oversample \(1000\) must be at least num_points \(1024\)'):
        FPSSubsample(1024, oversample=1000)


# --- coordinates ------------------------------------------------------------------------------------------------------


def test_unit_sphere_agrees_with_a_loop():
    points = clouds() * torch.tensor([3.0, 0.1, 50.0, 1.0])[:, None, None] + 7
    result = UnitSphere()({'points': points})['points'].numpy()
    for cloud, source in zip(result, points.double().numpy(), strict=True):
        centred = source - source.mean(0)
        assert cloud == pytest.approx(centred / max(math.dist(row, (0, 0, 0)) for row in centred), abs=2e-5)
        assert np.linalg.norm(cloud, axis=1).max() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize('place', [0.0, 0.1, 1e4])
def test_a_cloud_of_one_place_becomes_zeros(place):
    points = torch.full((2, 33, 3), place)
    points[1] = clouds(1, 33)[0]
    result = UnitSphere()({'points': points})['points']
    assert result[0].abs().max() == 0
    assert result[1].norm(dim=1).max() == pytest.approx(1, abs=1e-6)


def test_rotations_are_about_y_and_uniform():
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


def test_autocast_leaves_coordinates_alone():
    batch = {'points': clouds()}
    for transform in (RandomRotateGravity(), RandomScaleTranslate(), UnitSphere()):
        torch.manual_seed(1)
        expected = transform(batch)['points']
        torch.manual_seed(1)
        with torch.autocast('cpu', torch.bfloat16):
            assert torch.equal(transform(batch)['points'], expected)


def test_scales_and_shifts_are_uniform_and_independent():
    torch.manual_seed(0)
    points = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [-2.0, 0.5, 3.0]]).expand(4000, -1, -1)
    moved = RandomScaleTranslate()({'points': points})['points'].double()
    shift, factor = moved[:, 0], moved[:, 1] - moved[:, 0]
    assert torch.allclose(moved[:, 2], points[:, 2].double() * factor + shift, atol=1e-5)
    draws = torch.cat([factor, shift], dim=1).numpy()
    for column in range(6):
        low, high = (2 / 3, 3 / 2) if column < 3 else (-0.2, 0.2)
        assert stats.kstest(draws[:, column], stats.uniform(low, high - low).cdf).pvalue > UNLIKELY
    assert np.abs(np.corrcoef(draws.T) - np.eye(6)).max() < 0.06


@pytest.mark.parametrize('options', [{'scale': (0, 1)}, {'scale': (2, 1)}, {'translate': -1}])
def test_impossible_ranges_are_usage_errors(options):
    with pytest.raises(UsageError, match='RandomScaleTranslate: impossible ranges'):
        RandomScaleTranslate(**options)
