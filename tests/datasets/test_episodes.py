from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.layouts import write_pack
from tests.refusals import refused
from tests.shared import shared_file
from zoo.datasets import ShapePack
from zoo.datasets.episodes import EpisodeDataset, few_shot_episodes
from zoo.registry import DATASETS

TRAIN = np.random.default_rng(0).permutation(np.repeat(np.arange(8), 12))
TEST = np.random.default_rng(1).permutation(np.repeat(np.arange(8), 7))


def equal(one, other):
    pairs = ((one.train_indices, other.train_indices), (one.test_indices, other.test_indices))
    return one.classes == other.classes and all(np.array_equal(*pair) for pair in pairs)


def test_an_episode_is_balanced_and_of_its_classes():
    episodes = few_shot_episodes(TRAIN, TEST, ways=5, shots=3, queries=4, folds=6)
    assert len(episodes) == 6
    for episode in episodes:
        assert len(set(episode.classes)) == 5
        assert len(set(episode.train_indices.tolist())) == 15
        assert len(set(episode.test_indices.tolist())) == 20
        for label, kind in enumerate(episode.classes):
            assert (TRAIN[episode.train_indices[3 * label : 3 * label + 3]] == kind).all()
            assert (TEST[episode.test_indices[4 * label : 4 * label + 4]] == kind).all()


def test_the_seed_decides_and_not_the_number_of_folds():
    few, many, other = (
        few_shot_episodes(TRAIN, TEST, 5, 3, 4, folds=n, seed=seed) for n, seed in ((2, 3), (9, 3), (9, 4))
    )
    assert all(map(equal, few, many[:2]))
    assert len({episode.classes for episode in many}) > 5
    assert not any(map(equal, many, other))
    # Seeds and folds that add up to the same are different draws.
    assert not equal(many[1], other[0])


def test_every_class_and_object_is_as_likely():
    episodes = few_shot_episodes(TRAIN, TEST, ways=2, shots=3, queries=1, folds=4000)
    classes = np.bincount([label for episode in episodes for label in episode.classes], minlength=8)
    objects = np.bincount(np.concatenate([episode.train_indices for episode in episodes]), minlength=len(TRAIN))
    for counts, expected in ((classes, 1000), (objects, 250)):
        assert counts.sum() == expected * len(counts)
        assert np.abs(counts - expected).max() < 5 * expected**0.5


def test_classes_with_too_few_objects_and_objects_without_a_class_are_left_out():
    train = np.array([0] * 5 + [1] * 5 + [2] * 5 + [3] * 2 + [-1] * 9)
    test = np.array([0] * 5 + [1] * 5 + [2] * 3 + [3] * 5 + [-1] * 9 + [4] * 9)
    for episode in few_shot_episodes(train, test, ways=2, shots=5, queries=4, folds=20):
        assert set(episode.classes) == {0, 1}
    message = refused(few_shot_episodes, train, test, ways=3, shots=5, queries=4)
    assert '3 classes are to have 5 training and 4 test objects each, and 2 of 4 have' in message


@pytest.mark.parametrize('wrong', [{'ways': 0}, {'shots': 0}, {'queries': 0}, {'folds': 0}, {'seed': -1}])
def test_wrong_numbers_are_usage_errors(wrong):
    options = {'ways': 2, 'shots': 2, 'queries': 2, **wrong}
    assert 'episodes need ways' in refused(few_shot_episodes, TRAIN, TEST, **options)


def test_the_lists_of_modelnet40_allow_the_published_settings():
    def labels(split):
        names = shared_file('data', 'lists', 'modelnet', f'modelnet40_{split}.txt').read_text().split()
        kinds = shared_file('data', 'lists', 'modelnet', 'modelnet40_shape_names.txt').read_text().split()
        return np.array([kinds.index(name.rpartition('_')[0]) for name in names])

    for ways in (5, 10):
        for shots in (10, 20):
            drawn = [set(one.classes) for one in few_shot_episodes(labels('train'), labels('test'), ways, shots)]
            assert [len(classes) for classes in drawn] == [ways] * 10


@pytest.fixture
def packs(tmp_path):
    labels = {'y': (np.arange(60) % 3).astype(np.uint8), 'test': np.arange(60) % 2 == 0}
    path = write_pack(tmp_path / 'pack.npz', 60, num_points=16, **labels)
    return ShapePack(path, split='train', texts=True), ShapePack(path, split='test', texts=True)


def test_an_episode_makes_datasets_with_labels_of_its_own(packs):
    episode = few_shot_episodes(*(pack.labels for pack in packs), ways=2, shots=3, queries=4, seed=5)[0]
    for pack, found, indices in zip(
        packs, episode.datasets(*packs), (episode.train_indices, episode.test_indices), strict=True
    ):
        batch = found.__getitems__([4, 0])
        assert found.classes == tuple(pack.classes[label] for label in episode.classes)
        assert batch['label'].tolist() == [1, 0]
        assert torch.equal(batch['points'], pack.__getitems__(indices[[4, 0]])['points'])
        assert batch['text'] == [pack.caption(int(index)) for index in indices[[4, 0]]]
        assert found.labels.tolist() == sorted([0, 1] * (len(indices) // 2))
        again = found.subset([4])
        assert again[0]['label'] == 1


def test_a_config_builds_an_episode(packs, tmp_path):
    config = {
        'type': 'EpisodeDataset',
        'dataset': {'type': 'ShapePack', 'points': str(tmp_path / 'pack.npz')},
        'indices': [1, 0],
        'classes': packs[0].labels[[1, 0]].tolist(),
    }
    assert DATASETS.build(config).labels.tolist() == [0, 1]


def test_the_fingerprint_follows_classes_and_objects(packs):
    pack = packs[0]
    rows = [int(np.flatnonzero(pack.labels == label)[0]) for label in (0, 1)]
    choices = ((rows, (0, 1)), (rows, (1, 0)), (rows, (0, 1, 2)), (rows[::-1], (0, 1)))
    made = [*(EpisodeDataset(pack, *choice) for choice in choices), pack.subset(rows)]
    assert len({dataset.fingerprint for dataset in made}) == 5
    assert EpisodeDataset(pack, rows, (0, 1)).fingerprint == made[0].fingerprint


def test_objects_and_classes_that_do_not_belong_are_usage_errors(packs):
    pack = packs[0]
    row = int(np.flatnonzero(pack.labels == 2)[0])
    for rows, classes, message in [
        ([row], (0, 1), 'must be among its classes'),
        ([row], (2, 2), 'each once'),
        ([row], (2, 3), 'needs a dataset that has these classes'),
        ([len(pack)], (2,), 'a subset needs'),
    ]:
        assert message in refused(EpisodeDataset, pack, rows, classes)
