from __future__ import annotations

import itertools
import re
from collections import Counter

import pytest
import torch

from tests.refusals import refused
from tests.transforms.clouds import chosen, clouds, evenly, numbered
from zoo import ops
from zoo.transforms import FPSSubsample, RandomDrop, RandomSubsample


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


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: RandomSubsample(0), 'RandomSubsample: num_points must be at least 1, got 0'),
        (lambda: FPSSubsample(0), 'FPSSubsample: num_points must be at least 1, got 0'),
        (lambda: FPSSubsample(1024, oversample=1000), r'oversample \(1000\) must be at least num_points \(1024\)'),
        (lambda: FPSSubsample(4, order='random'), "order is 'random', choose one of given, shape"),
        (lambda: RandomDrop(-0.1), 'RandomDrop: max_ratio must be between 0 and 1'),
        (lambda: RandomDrop(1.1), 'RandomDrop: max_ratio must be between 0 and 1'),
    ],
)
def test_impossible_settings_are_usage_errors(make, message):
    assert re.search(message, refused(make))


@pytest.mark.parametrize(('options', 'most'), [((), 0.875), ((0.5,), 0.5), ((0.0,), 0.0), ((1.0,), 1.0)])
def test_given_its_draws_dropping_is_exact(options, most):
    torch.manual_seed(5)
    numbers = chosen(RandomDrop(*options)(numbered(20, 30)))
    torch.manual_seed(5)
    draw, ratio = torch.rand(20, 30), most * torch.rand(20, 1)
    for row in range(20):
        expected = [0 if draw[row, point] < ratio[row] else point for point in range(30)]
        assert numbers[row].tolist() == expected


@pytest.mark.parametrize('num_points', [30, 40, 100])
def test_in_the_order_of_the_shape_shuffled_clouds_are_the_same(num_points):
    points = torch.randn(3, 40, 3, generator=torch.Generator().manual_seed(0))
    part = torch.arange(40).expand(3, -1)
    order = torch.randperm(40)
    subsample = FPSSubsample(num_points, order='shape')
    found = subsample({'points': points, 'part': part})
    shuffled = subsample({'points': points[:, order], 'part': part[:, order]})
    assert torch.equal(found['points'], shuffled['points'])
    assert torch.equal(found['part'], shuffled['part'])
    assert torch.equal(ops.gather_points(points, found['part']), found['points'])
    # The same points of the same cloud at another place and size, where their coordinates round otherwise.
    moved = subsample({'points': 3 * points + 1, 'part': part})
    assert torch.equal(moved['part'].sort(dim=1).values, found['part'].sort(dim=1).values)
    given = FPSSubsample(num_points)({'points': points, 'part': part})
    assert bool((given['part'][:, 0] == 0).all())
