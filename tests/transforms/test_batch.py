# ruff: noqa: NPY002  (the global generators are what is tested: they must not matter)
from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.transforms.clouds import clouds, unit_normals, whole_batch
from zoo.registry import TRANSFORMS
from zoo.transforms import CORRUPTIONS
from zoo.transforms.batch import stretched, take_points, turned

ALL = [
    {'type': 'RandomSubsample', 'num_points': 16},
    {'type': 'FPSSubsample', 'num_points': 16},
    {'type': 'FPSSubsample', 'num_points': 16, 'oversample': 24},
    {'type': 'RandomDrop'},
    {'type': 'UnitSphere'},
    {'type': 'RandomRotateGravity'},
    {'type': 'RandomRotateSO3'},
    {'type': 'RandomScale'},
    {'type': 'RandomScale', 'per_axis': True},
    {'type': 'RandomTranslate'},
    {'type': 'RandomScaleTranslate'},
    {'type': 'RandomJitter'},
    {'type': 'RandomMirror'},
    *({'type': 'Corrupt', 'corruption': name, 'severity': 3} for name in CORRUPTIONS),
]
ARITHMETIC = [config for config in ALL if config['type'] not in ('RandomSubsample', 'FPSSubsample', 'RandomDrop')]


@pytest.mark.parametrize('config', ALL, ids=str)
def test_the_input_and_the_rest_of_the_batch_stay_as_they_are(config):
    batch = {**whole_batch(), 'label': torch.arange(4), 'text': ['a'] * 4}
    before = {key: value.clone() for key, value in batch.items() if key != 'text'}
    given = dict(batch)
    result = TRANSFORMS.build(config)(batch)
    assert all(torch.equal(batch[key], value) for key, value in before.items())
    assert all(batch[key] is value for key, value in given.items())
    assert batch.keys() == result.keys()
    assert result['label'] is batch['label']
    assert result['points'].dtype == torch.float32


@pytest.mark.parametrize('config', ALL, ids=str)
def test_normals_and_parts_belong_to_the_points(config):
    result = TRANSFORMS.build(config)(whole_batch())
    assert result['normals'].shape == result['points'].shape
    assert result['part'].shape == result['points'].shape[:2]
    length = result['normals'].norm(dim=2)[result['part'] >= 0]
    assert torch.allclose(length, torch.ones_like(length), atol=1e-5)
    points_alone = {key: value for key, value in whole_batch().items() if key in ('points', 'index')}
    torch.manual_seed(2)
    alone = TRANSFORMS.build(config)(points_alone)
    torch.manual_seed(2)
    assert torch.equal(alone['points'], TRANSFORMS.build(config)(whole_batch())['points'])
    assert alone.keys() == points_alone.keys()


@pytest.mark.parametrize('config', ALL, ids=str)
def test_a_seed_repeats_it(config):
    transform = TRANSFORMS.build(config)

    def run():
        torch.manual_seed(4)
        np.random.rand(3)
        return transform(whole_batch())

    first, second = run(), run()
    assert all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
@pytest.mark.parametrize('config', ALL, ids=str)
def test_the_device_makes_no_difference(config):
    transform = TRANSFORMS.build(config)
    results = []
    for device in ('cpu', 'cuda'):
        torch.manual_seed(4)
        result = transform({key: value.to(device) for key, value in whole_batch().items()})
        results.append({key: value.cpu() for key, value in result.items()})
    for key in results[0]:
        assert torch.allclose(results[0][key].double(), results[1][key].double(), atol=1e-6)


@pytest.mark.parametrize('config', ARITHMETIC, ids=str)
def test_autocast_leaves_coordinates_alone(config):
    transform = TRANSFORMS.build(config)
    torch.manual_seed(1)
    expected = transform(whole_batch())
    torch.manual_seed(1)
    with torch.autocast('cpu', torch.bfloat16):
        result = transform(whole_batch())
    assert all(torch.equal(result[key], expected[key]) for key in expected)


@pytest.mark.parametrize('config', ALL, ids=str)
def test_double_precision_is_kept(config):
    batch = whole_batch()
    result = TRANSFORMS.build(config)(
        {**batch, 'points': batch['points'].double(), 'normals': batch['normals'].double()}
    )
    assert result['points'].dtype == result['normals'].dtype == torch.float64


def test_the_image_pipeline_keeps_its_flip():
    import mmcv.transforms

    assert TRANSFORMS.get('RandomFlip') is mmcv.transforms.RandomFlip


def test_chosen_points_keep_their_normals_and_parts():
    batch = whole_batch(3, 10)
    index = torch.tensor([[9, 0], [1, 1], [4, 7]])
    taken = take_points(batch, index)
    for key in ('points', 'normals', 'part'):
        expected = np.stack([rows[chosen] for rows, chosen in zip(batch[key].numpy(), index.numpy(), strict=True)])
        assert np.array_equal(taken[key].numpy(), expected)


@pytest.mark.parametrize('factor', [[2.0, 0.5, 1.0], [-1.0, 1.0, 1.0], [-3.0, 0.2, -1.5]])
def test_normals_follow_the_inverse_transpose(factor):
    batch = {'points': clouds(2, 30), 'normals': unit_normals(2, 30)}
    result = stretched(batch, torch.tensor([[factor]] * 2))
    inverse_transpose = np.linalg.inv(np.diag(factor)).T
    for normals, source in zip(result['normals'].numpy(), batch['normals'].double().numpy(), strict=True):
        for normal, before in zip(normals, source, strict=True):
            expected = inverse_transpose @ before
            assert normal == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)


def test_a_normal_that_is_missing_stays_missing():
    result = stretched({'points': clouds(1, 4), 'normals': torch.zeros(1, 4, 3)}, torch.full((1, 1, 3), 0.3))
    assert torch.equal(result['normals'], torch.zeros(1, 4, 3))


def test_turning_multiplies_rows():
    matrix = torch.linalg.qr(clouds(4, 3)).Q
    batch = {'points': clouds(), 'normals': unit_normals()}
    result = turned(batch, matrix)
    for key in batch:
        assert torch.allclose(result[key], batch[key] @ matrix, atol=1e-6)
