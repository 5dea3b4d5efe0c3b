"""What all corruptions promise."""

from __future__ import annotations

import re

import pytest
import torch

from tests.refusals import refused
from tests.transforms.clouds import clouds, whole_batch
from zoo.registry import TRANSFORMS
from zoo.transforms import CORRUPTIONS, SEVERITIES, Corrupt, UnitSphere


def copies(size):
    """One cloud in the unit sphere, many times."""
    return {
        'points': UnitSphere()({'points': clouds(1, 64)})['points'].expand(size, -1, -1),
        'index': torch.arange(size),
    }


def test_the_names_are_the_seven_of_the_paper():
    names = ('scale', 'jitter', 'rotate', 'drop_global', 'drop_local', 'add_global', 'add_local')
    assert set(CORRUPTIONS) == set(names)
    assert SEVERITIES == (1, 2, 3, 4, 5)


@pytest.mark.parametrize('name', CORRUPTIONS)
def test_an_object_is_corrupted_alike_in_every_batch(name):
    batch = {**whole_batch(9, 50), 'index': torch.arange(9)}
    together = Corrupt(name, 4)(batch)
    for rows in ([5], [8, 5, 2], [5, 5]):
        some = {key: value[rows] for key, value in batch.items()}
        result = Corrupt(name, 4)(some)
        for key in batch:
            assert torch.equal(result[key], together[key][rows])


@pytest.mark.parametrize('name', CORRUPTIONS)
def test_objects_seeds_and_corruptions_differ(name):
    batch = copies(6)
    result = Corrupt(name, 3)(batch)['points']
    assert len(torch.unique(result, dim=0)) == 6
    assert not torch.equal(result, Corrupt(name, 3, seed=1)(batch)['points'])
    assert torch.equal(result, Corrupt(name, 3, seed=0)(batch)['points'])


@pytest.mark.parametrize('name', CORRUPTIONS)
def test_more_severe_is_more_of_the_same(name):
    batch = copies(60)
    source = batch['points'].double()
    harm = []
    for severity in SEVERITIES:
        result = Corrupt(name, severity)(batch)['points'].double()
        distance = torch.cdist(source, result)
        harm.append(float(distance.amin(dim=1).mean() + distance.amin(dim=2).mean() + 0.01 * abs(64 - result.shape[1])))
    assert harm == sorted(harm)
    assert harm[-1] > 1.2 * harm[0] > 0


@pytest.mark.parametrize(('total', 'local', 'spread'), [(1024, 100, 10), (2048, 200, 20), (512, 50, 5)])
def test_counts_of_points(total, local, spread):
    batch = {'points': clouds(2, total), 'index': torch.arange(2)}
    for severity in SEVERITIES:
        counts = {name: Corrupt(name, severity)(batch)['points'].shape for name in CORRUPTIONS}
        left = [0.75, 0.625, 0.5, 0.375, 0.25][severity - 1] * total
        expected = {
            'drop_global': left,
            'drop_local': total - severity * local,
            'add_global': total + severity * spread,
            'add_local': total + severity * local,
        }
        for name in CORRUPTIONS:
            assert counts[name] == (2, expected.get(name, total), 3)


@pytest.mark.parametrize('name', CORRUPTIONS)
@pytest.mark.parametrize('total', [1, 2, 5])
def test_tiny_clouds_keep_a_point(name, total):
    result = Corrupt(name, 5)({'points': clouds(3, total), 'index': torch.arange(3)})['points']
    assert result.shape[1] >= 1
    assert result.isfinite().all()


def test_configs_name_it():
    config = {'type': 'Corrupt', 'corruption': 'dropout_local', 'severity': 2, 'seed': 5}
    transform = TRANSFORMS.build(config)
    expected = Corrupt('drop_local', 2, 5)(copies(3))['points']
    assert torch.equal(transform(copies(3))['points'], expected)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (('blur', 1), "unknown corruption 'blur': choose one of scale, jitter, rotate, drop_global"),
        (('scale', 0), 'severity must be 1 to 5, got 0 .ModelNet-C files count from 0 to 4'),
        (('scale', 6), 'severity must be 1 to 5, got 6'),
    ],
)
def test_what_does_not_exist_is_a_usage_error(options, message):
    assert re.search(message, refused(Corrupt, *options))


def test_a_batch_without_numbers_is_a_usage_error():
    assert "Corrupt needs the batch's index (B,)" in refused(Corrupt('scale', 1), {'points': clouds()})
