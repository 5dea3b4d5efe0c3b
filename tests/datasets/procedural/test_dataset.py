from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.refusals import refused
from zoo.datasets.procedural import ProceduralShapes

SMALL = {'num_objects': 9, 'num_points': 64, 'image_size': 16, 'classes': ['chair', 'vase', 'car']}


@pytest.fixture(scope='module')
def home(tmp_path_factory):
    return tmp_path_factory.mktemp('cache')


@pytest.fixture(scope='module')
def dataset(home):
    return ProceduralShapes('train', images=True, texts=True, views=2, cache_dir=home, **SMALL)


def test_batches(dataset):
    torch.manual_seed(0)
    batch = dataset.__getitems__([4, 0, 8])
    assert batch['points'].shape == (3, 64, 3)
    assert batch['points'].dtype == torch.float32
    assert batch['image'].shape == (3, 3, 16, 16)
    assert 0 <= batch['image'].min() < batch['image'].max() <= 1
    assert batch['label'].tolist() == [1, 0, 2]
    assert batch['part'].shape == (3, 64)
    assert all(name in text for name, text in zip(('vase', 'chair', 'car'), batch['text'], strict=True))
    norms = batch['points'].norm(dim=2).amax(dim=1)
    assert torch.allclose(norms, torch.ones(3))
    assert batch['points'].mean(dim=1).abs().max() < 1e-6


def test_one_object_at_a_time_agrees_with_batches(dataset):
    batch = dataset.__getitems__(list(range(9)))
    for index in range(9):
        assert np.array_equal(dataset.points(index), batch['points'][index].numpy())
        assert np.array_equal(dataset.part(index), batch['part'][index].numpy())
        views = dataset.gather_images(np.array([index, index]), np.array([0, 1]))
        assert np.array_equal(dataset.image(index, 1), views[1])
        assert dataset.caption(index) == batch['text'][index]
    assert dataset.points(0).flags.writeable
    assert dataset.num_views == 2


def test_prefixes_are_balanced_and_classes_may_be_held_out(home):
    larger = ProceduralShapes('train', cache_dir=home, **{**SMALL, 'num_objects': 14})
    assert np.bincount(larger.labels).tolist() == [5, 5, 4]
    held_out = ProceduralShapes(cache_dir=home, **{**SMALL, 'num_objects': 2, 'classes': ['car', 'night_stand']})
    assert held_out.classes == ('car', 'night stand')
    assert held_out.labels.tolist() == [0, 1]


def test_fingerprints_tell_content_apart(dataset, home):
    same = ProceduralShapes('train', images=True, views=2, cache_dir=home, **SMALL)
    assert same.fingerprint == dataset.fingerprint
    others = [
        ProceduralShapes('val', images=True, views=2, cache_dir=home, **SMALL),
        ProceduralShapes('train', cache_dir=home, **SMALL),
        ProceduralShapes('train', cache_dir=home, **{**SMALL, 'classes': ['vase', 'chair', 'car']}),
    ]
    assert len({dataset.fingerprint, *(other.fingerprint for other in others)}) == 4
    assert others[1].num_views == 0
    assert 'image' not in others[1].__getitems__([0])


@pytest.mark.parametrize(
    ('arguments', 'named'),
    [
        ({'split': 'dev'}, 'dev'),
        ({'classes': ['chair', 'unicorn']}, 'unicorn'),
        ({'classes': ['chair', 'chair']}, 'distinct'),
        ({'classes': []}, 'at least one'),
        ({'classes': 'chair'}, 'list'),
        ({'variant': 'mesh'}, 'mesh'),
        ({'num_objects': 0}, 'num_objects'),
        ({'num_points': -1}, 'num_points'),
        ({'views': 0}, 'views'),
        ({'seed': -3}, '-3'),
    ],
)
def test_bad_arguments_are_named(home, arguments, named):
    assert named in refused(ProceduralShapes, **{**SMALL, 'cache_dir': home, **arguments})
