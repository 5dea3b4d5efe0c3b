from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tests.refusals import refused
from zoo.datasets.procedural import ProceduralShapes
from zoo.datasets.stream import ProceduralStream, dataset
from zoo.registry import DATASETS

SMALL = {'num_points': 64, 'image_size': 16}
MAKE = dataset.make_one
MODES = {'classes': {'classes': ['chair', 'vase', 'car']}, 'free': {'free': True}}


def stream(mode, **options):
    return DATASETS.build({'type': 'ProceduralStream', 'num_objects': 12, **SMALL, **MODES[mode], **options})


@pytest.mark.parametrize('mode', MODES)
def test_an_object_is_the_same_in_any_worker_and_any_order(mode):
    alone = stream(mode, images=True, texts=True)
    expected = [alone[index] for index in reversed(range(12))][::-1]
    for workers in (1, 2):
        torch.manual_seed(workers)
        shuffled = stream(mode, images=True, texts=True)
        loader = DataLoader(shuffled, 5, shuffle=True, num_workers=workers, collate_fn=shuffled.collate)
        seen = 0
        for batch in loader:
            for row, index in enumerate(batch['index'].tolist()):
                seen += 1
                assert batch.keys() == expected[index].keys()
                for key, value in expected[index].items():
                    assert torch.equal(batch[key][row], value) if torch.is_tensor(value) else batch[key][row] == value
        assert seen == 12


@pytest.mark.parametrize('mode', MODES)
def test_a_later_start_goes_on_where_another_ends(mode):
    whole, rest = stream(mode, texts=True), stream(mode, texts=True, start=7, num_objects=5)
    for index in range(5):
        assert np.array_equal(rest.points(index), whole.points(7 + index))
        assert np.array_equal(rest.normals(index), whole.normals(7 + index))
        assert rest.text(index) == whole.text(7 + index)
    assert rest.labels.tolist() == whole.labels[7:].tolist()


@pytest.mark.parametrize('variant', ['cad', 'obj_bg'])
def test_objects_are_those_of_the_stored_set(tmp_path, variant):
    options = {**SMALL, **MODES['classes'], 'seed': 3, 'variant': variant, 'images': True}
    stored = ProceduralShapes('val', 6, cache_dir=tmp_path, **options)
    streamed = ProceduralStream('val', 6, **options)
    for index in range(6):
        assert np.array_equal(streamed.points(index), stored.points(index))
        assert np.array_equal(streamed.part(index), stored.part(index))
        assert np.array_equal(streamed.image(index, 0), stored.image(index, 0))
        np.testing.assert_allclose(streamed.normals(index), stored.normals(index), atol=2e-3)
        assert streamed.caption(index) == stored.caption(index)
    assert streamed.labels.tolist() == stored.labels.tolist()
    assert streamed.parts == stored.parts


@pytest.mark.parametrize('mode', MODES)
def test_splits_and_seeds_share_no_object(mode):
    streams = [stream(mode, **options) for options in ({}, {'split': 'val'}, {'split': 'test'}, {'seed': 1})]
    clouds = {one.points(index).tobytes() for one in streams for index in range(6)}
    assert len(clouds) == 24
    assert len({one.fingerprint for one in [*streams, stream(mode, start=1)]}) == 5
    assert stream(mode).fingerprint == streams[0].fingerprint


def test_free_objects_have_no_meaning():
    batch = stream('free', texts=True).__getitems__([0, 4])
    assert batch['text'] == ['object', 'object']
    assert not {'label', 'part'} & batch.keys()
    assert stream('free').labels.tolist() == [-1] * 12
    assert stream('free').classes == ()


def test_points_pictures_and_texts_of_a_batch_are_made_once(monkeypatch):
    made = []
    monkeypatch.setattr(dataset, 'make_one', lambda order, place: made.append(place) or MAKE(order, place))
    batch = stream('classes', images=True, texts=True).__getitems__([5, 2, 5, 9])
    assert made == [5, 2, 9]
    assert batch['points'].shape == (4, 64, 3)
    assert batch['image'].shape == (4, 3, 16, 16)
    assert all(word in text for word, text in zip(('car', 'car', 'car', 'chair'), batch['text'], strict=True))


def test_wrong_arguments_are_usage_errors():
    for options, word in (
        ({'split': 'all'}, 'split'),
        ({'start': -1}, 'start -1'),
        ({'seed': -1}, 'seed -1'),
        ({'num_objects': 0}, 'num_objects'),
        ({'variant': 'hardest'}, 'variant'),
        ({'classes': ['unicorn']}, 'unicorn'),
        ({'free': True, 'classes': ['chair']}, 'free objects'),
        ({'free': True, 'variant': 'obj_bg'}, 'free objects'),
    ):
        assert word in refused(ProceduralStream, **options)
