from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch

from tests.datasets.prepared.sources import Toys, toys
from tests.refusals import refused
from zoo.datasets import ObjectDataset, ObjectSubset
from zoo.datasets.prepared.job import Job, load_order, modules_of, save_order


class Changed(Toys):
    """Toys with some methods replaced."""

    def __init__(self, changes, size=40, **attributes):
        super().__init__(0, size)
        self.__dict__.update({name: self.only(name, change) for name, change in changes.items()}, **attributes)

    def only(self, name, change):
        """Replace what a method says of object 33."""
        original = getattr(Toys, name)
        return lambda index, *more: (change if index == 33 else lambda found: found)(original(self, index, *more))


def test_a_reader_that_draws_gives_the_same_in_every_process():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = Job({'train': Toys(random=True)}).make(32)['points']
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    again = Job({'train': Toys(random=True)}).make(32)['points']
    assert np.array_equal(first, again)
    assert len(np.unique(first[:, 0])) > 200


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'points': lambda found: found[:, :2]}, r'its points are float32 \(8, 2\), expected floats \(8, 3\)'),
        ({'points': lambda found: found[:0]}, r"its points are float32 \(0, 3\), expected floats \('N', 3\)"),
        ({'points': lambda found: found.astype(int)}, r'its points are int64'),
        ({'points': lambda found: found * np.nan}, r'its points have NaN or infinity'),
        ({'points': lambda found: found * 1e6}, r'its points have values too large for float16'),
        ({'normals': lambda found: found[1:]}, r'its normals are float32 \(7, 3\), expected floats \(8, 3\)'),
        ({'normals': lambda found: None}, r'it has no normals, unlike the first object'),
        ({'part': lambda found: None}, r'it has no parts, unlike the first object'),
        ({'part': lambda found: found + 40_000}, r'its part labels are int64 \(8,\), expected int16 \(8,\)'),
        ({'part': lambda found: found[1:]}, r'its part labels are int64 \(7,\), expected int16 \(8,\)'),
        ({'image': lambda found: found[1:]}, r'its picture is uint8 \(3, 5, 3\).*views=0'),
        ({'image': lambda found: found / 255}, r'its picture is float64 \(4, 5, 3\)'),
        ({'info': lambda found: {'id': {1, 2}}}, r'what is known of it is no JSON'),
    ],
)
def test_an_object_unlike_the_others_is_named(changes, message):
    job = Job({'train': Changed(changes)}, precision='float16')
    job.make(0)
    found = refused(job.make, 32)
    assert found.startswith('toy-33.txt cannot go into a pack: ')
    assert re.search(message, found)


@pytest.mark.parametrize('error', [FileNotFoundError('gone'), ValueError('two\nlines'), EOFError('short')])
def test_what_a_reader_raises_names_the_object(error):
    def fail(_):
        raise error

    job = Job({'train': Changed({'points': fail})})
    assert refused(job.make, 32).startswith('toy-33.txt cannot go into a pack: ')


@pytest.mark.parametrize(
    ('parts', 'options', 'message'),
    [
        ({}, {}, r'a pack needs splits with plain names'),
        ({'all': Toys()}, {}, r"a pack needs splits with plain names, such as train and test, got \['all'\]"),
        ({'a+b': Toys()}, {}, r'a pack needs splits with plain names'),
        ({'train': Toys()}, {'precision': 'int8'}, r"float32 or float16, not as 'int8'"),
        ({'train': Toys()}, {'views': 3}, r'views=3, but there are 2 pictures'),
        ({'train': Toys()}, {'views': -1}, r'views=-1, but there are 2 pictures'),
        ({'train': Toys(), 'test': Toys(views=1)}, {}, r'\(train 2, test 1\): say views=1'),
        ({'train': Toys(), 'test': Changed({}, classes=('a',))}, {}, r'train, test differ in their classes'),
        ({'train': Toys(), 'test': Changed({}, parts={})}, {}, r'train, test differ in their parts'),
        ({'train': Toys(), 'test': Toys(size=0)}, {}, r'split test has no objects'),
        ({'train': Changed({}, labels=np.arange(40))}, {}, r'^toy-3\.txt has label 3, but there are 3 classes'),
        ({'train': Changed({}, labels=-np.arange(40))}, {}, r'^toy-2\.txt has label -2'),
        ({'train': Changed({}, labels=np.full(40, 0.9))}, {}, r'^Changed has labels of type float64'),
    ],
)
def test_datasets_that_make_no_pack(parts, options, message):
    assert re.search(message, refused(Job, parts, **options))


def test_views_are_the_first_ones():
    job = Job({'train': Toys(), 'test': Toys(views=1)}, views=1)
    assert np.array_equal(job.make(0)['images'][5], Toys().image(5, 0)[None])
    assert 'images' not in Job({'train': Toys()}, views=0).make(0)


class Plain(ObjectDataset):
    """A cup, and an object without a class."""

    labels, classes, fingerprint = np.array([0, -1]), ('cup',), ''

    def points(self, index):
        return np.zeros((1, 3), np.float32)


@pytest.mark.parametrize(
    ('dataset', 'captions'),
    [
        (Toys(size=5, bare=True), [None] * 5),
        (Plain(), ['cup', None]),
        (ObjectSubset(Plain(), [1, 0]), [None, 'cup']),
    ],
)
def test_captions_of_objects_without_a_class(dataset, captions):
    lines = Job({'train': dataset}).make(0)['objects'].tobytes().splitlines()
    assert [json.loads(line)['caption'] for line in lines] == captions


def test_files_below_the_data_root_are_named_without_it(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))
    dataset = Changed({})
    dataset.source = lambda index: str(tmp_path / 'Toys' / f'{index}.txt')
    assert b'"source": "Toys/5.txt"' in Job({'train': dataset}).make(0)['objects'].tobytes()


def test_an_order_can_be_told_to_another_process(tmp_path):
    subset = {'type': 'ObjectSubset', 'dataset': toys(seed=3), 'indices': np.arange(4)}
    job = Job({'train': subset, 'test': toys(size=3, log=tmp_path / 'log')}, views=1, precision='float16')
    assert set(modules_of(job.configs)) == {'zoo.datasets.base', 'tests.datasets.prepared.sources'}
    assert save_order(job, tmp_path / 'order.json')
    again = load_order(tmp_path / 'order.json')
    assert again.key == job.key
    assert all(np.array_equal(again.make(0)[name], values) for name, values in job.make(0).items())
    assert not save_order(Job({'train': Toys()}), tmp_path / 'other.json')
