# ruff: noqa: NPY002  (the global generators are what is tested: they must not matter)
from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tests.refusals import refused
from zoo.datasets import ObjectDataset, ObjectDraw


class Toy(ObjectDataset):
    """Object i has the points (i, 0..N-1, 0), views filled with 10 * view, and parts i + 0..N-1."""

    classes = ('TallLamp', 'bed')
    num_views = 3

    def __init__(self, total=10, **options):
        super().__init__(**options)
        self.labels = np.arange(total) % 2
        self.fingerprint = 'f' * 64
        self.reads = []

    def points(self, index):
        cloud = np.zeros((6, 3), dtype=np.float32)
        cloud[:, 0], cloud[:, 1] = index, np.arange(6)
        return cloud

    def image(self, index, view):
        self.reads.append((index, view))
        return np.full((4, 5, 3), 10 * view, dtype=np.uint8)

    def part(self, index):
        return index + np.arange(6)


def loader(dataset, **options):
    return DataLoader(dataset, batch_size=4, collate_fn=ObjectDataset.collate, **options)


def same(left, right):
    assert left.keys() == right.keys()
    for key, value in left.items():
        assert torch.equal(value, right[key]) if torch.is_tensor(value) else value == right[key]


def test_a_batch_carries_every_modality_with_its_type():
    batch = Toy(images=True, texts=True).__getitems__([3, 8])
    assert batch['points'].shape == (2, 6, 3)
    assert batch['points'].dtype == torch.float32
    assert batch['points'][:, :, 0].tolist() == [[3.0] * 6, [8.0] * 6]
    assert batch['image'].shape == (2, 3, 4, 5)
    assert batch['image'].dtype == torch.float32
    assert batch['text'] == ['bed', 'tall lamp']
    for key, expected in {'label': [1, 0], 'index': [3, 8]}.items():
        assert batch[key].dtype == torch.int64
        assert batch[key].tolist() == expected
    assert batch['part'].tolist() == [list(range(3, 9)), list(range(8, 14))]


def test_a_sample_is_the_batch_of_one_and_negative_positions_count_from_the_end():
    dataset = Toy(texts=True)
    sample = dataset[-1]
    assert sample['index'].item() == 9
    assert sample['text'] == 'bed'
    assert sample['points'].shape == (6, 3)
    with pytest.raises(IndexError):
        dataset[10]
    assert len(list(dataset)) == 10
    assert set(Toy()[0]) == {'points', 'index', 'label', 'part'}  # nothing that was not asked for
    unlabeled = Toy()
    unlabeled.classes = ()
    assert 'label' not in unlabeled[0]


def test_views_are_drawn_evenly_from_torchs_generator():
    dataset = Toy(images=True)
    torch.manual_seed(0)
    first = dataset.__getitems__([0] * 3000)['image'][:, 0, 0, 0]
    counts = torch.bincount((first * 255 / 10).round().long(), minlength=3)
    assert counts.min() > 900
    np.random.seed(5)
    torch.manual_seed(0)
    assert torch.equal(dataset.__getitems__([0] * 3000)['image'][:, 0, 0, 0], first)


@pytest.mark.parametrize('workers', [0, 2])
def test_loaders_make_the_same_batches_as_the_samples_would(workers):
    dataset = Toy(texts=True)
    batches = list(loader(dataset, num_workers=workers))
    assert [len(batch['text']) for batch in batches] == [4, 4, 2]
    rows = [dataset[index] for index in range(10)]
    for number, batch in enumerate(batches):
        same(batch, ObjectDataset.collate(rows[4 * number : 4 * number + 4]))


@pytest.mark.parametrize('workers', [0, 2])
def test_a_seed_repeats_an_epoch(workers):
    dataset = Toy(images=True)

    def epoch():
        torch.manual_seed(3)
        return list(loader(dataset, shuffle=True, num_workers=workers))

    for left, right in zip(epoch(), epoch(), strict=True):
        same(left, right)


def test_an_attached_feature_replaces_the_image_and_stops_its_reading():
    dataset = Toy(images=True, texts=True)
    table = torch.arange(20.0).view(10, 2)
    dataset.attach_feature('image', lambda index: table[torch.from_numpy(index)])
    batch = dataset.__getitems__([4, 1])
    assert 'image' not in batch
    assert batch['image_feature'].tolist() == [[8.0, 9.0], [2.0, 3.0]]
    assert batch['text'] == ['tall lamp', 'bed']
    assert dataset.reads == []
    dataset.attach_feature('text', lambda index: table[torch.from_numpy(index), :1])
    batch = dataset.__getitems__([4])
    assert 'text' not in batch
    assert batch['text_feature'].tolist() == [[8.0]]


def test_images_that_are_missing_or_of_unequal_shape_as_clouds_are_usage_errors():
    class Ragged(Toy):
        def points(self, index):
            return super().points(index)[: 6 - index % 2]

    class Wide(Toy):
        def image(self, index, view):
            return np.zeros((4, 5 + index, 3), dtype=np.uint8)

    assert re.search(r'Ragged.*\(5, 3\) and \(6, 3\)', refused(Ragged().__getitems__, [0, 1]))
    dataset = Wide(images=True)
    assert re.search(r'Resize.*\(4, 5, 3\) and \(4, 6, 3\)', refused(dataset.__getitems__, [0, 1]))
    dataset.num_views = 0
    assert 'images=False' in refused(dataset.__getitem__, 0)
    assert "'points': choose one of image, text" in refused(dataset.attach_feature, 'points', lambda index: index)


def test_the_pipeline_is_applied_to_every_view():
    dataset = Toy(images=True, image_pipeline=[{'type': 'Resize', 'scale': (8, 6), 'keep_ratio': False}])
    assert dataset.__getitems__([0, 1])['image'].shape == (2, 3, 6, 8)


def test_a_subset_is_the_same_objects_under_new_positions():
    dataset = Toy(images=True, texts=True)
    dataset.attach_feature('image', lambda index: torch.from_numpy(index)[:, None])
    subset = dataset.subset([7, 2, 5])
    assert len(subset) == 3
    batch = subset.__getitems__([2, 0])
    assert batch['index'].tolist() == [2, 0]
    assert batch['points'][:, 0, 0].tolist() == [5.0, 7.0]
    assert batch['image_feature'].tolist() == [[5], [7]]
    assert batch['text'] == ['bed', 'bed']
    assert batch['part'][0].tolist() == list(range(5, 11))
    assert subset.labels.tolist() == [1, 0, 1]
    assert subset.subset([1])[0]['points'][0, 0] == 2


def test_objects_are_drawn_without_repetition_and_a_larger_draw_holds_a_smaller_one():
    drawn = [ObjectDraw(Toy(), count).indices.tolist() for count in range(1, 11)]
    for smaller, larger in itertools.pairwise(drawn):
        assert set(smaller) < set(larger)
        assert larger == sorted(set(larger))
    assert drawn[-1] == list(range(10))
    assert drawn[4] != ObjectDraw(Toy(), 5, seed=1).indices.tolist()
    for count in (0, 11):
        assert f'{count} objects cannot be drawn of 10' in refused(ObjectDraw, Toy(), count)


def test_subsets_are_told_apart_by_their_fingerprint():
    dataset = Toy()
    assert dataset.subset([1, 2]).fingerprint == dataset.subset([1, 2]).fingerprint
    assert len({dataset.fingerprint, dataset.subset([1, 2]).fingerprint, dataset.subset([2, 1]).fingerprint}) == 3


@pytest.mark.parametrize('indices', [[10], [-1], [[1, 2]], [True] * 10, [0.9], ['1']])
def test_impossible_subsets_are_usage_errors(indices):
    assert 'between 0 and 9' in refused(Toy().subset, indices)


def test_a_subset_answers_for_its_parent():
    class Named(Toy):
        def normals(self, index):
            return np.full((2, 3), index, dtype=np.float32)

        def source(self, index):
            return f'{index}.npy'

        def info(self, index):
            return {'id': index}

    part = Named().subset([2, 0])
    assert part.normals(0)[0, 0] == 2
    assert part.source(1) == '0.npy'
    assert part.info(0) == {'id': 2}
    assert Toy().normals(0) is None
    assert Toy().info(0) == {}
    assert Toy().source(1) == 'Toy object 1'
