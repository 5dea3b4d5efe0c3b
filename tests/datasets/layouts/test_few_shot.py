from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.layouts.writers_modelnet import write_few_shot, write_pickle
from tests.datasets.samples import SAMPLES
from tests.refusals import refused
from zoo.datasets.layouts.few_shot import ModelNetFewShot
from zoo.datasets.layouts.modelnet_names import readable_classes
from zoo.datasets.unpickle import load_arrays

OPTIONS = {'ways': 5, 'shots': 2, 'fold': 3}


@pytest.mark.parametrize(('split', 'count'), [('train', 10), ('test', 15)])
def test_an_episode_is_what_the_file_holds(original, split, count):
    root = original('few shot')
    path = SAMPLES['few shot'].victim(root)
    dataset = ModelNetFewShot(**OPTIONS, split=split, data_root=root)
    rows = load_arrays(path)[split]
    assert len(dataset) == len(rows) == count
    for index, (cloud, label, kind) in enumerate(rows):
        assert np.array_equal(dataset.points(index), cloud[:, :3])
        assert np.array_equal(dataset.normals(index), cloud[:, 3:])
        assert dataset.labels[index] == label
        assert dataset.classes[label] == readable_classes(40)[kind]
        assert dataset.source(index) == f'{path} {split} row {index}'
    assert np.bincount(dataset.labels).tolist() == [count // 5] * 5


@pytest.mark.parametrize('underscore', [True, False])
def test_both_names_of_the_folder_are_found(tmp_path, underscore):
    folder = tmp_path / 'ModelNetFewshot'
    message = refused(ModelNetFewShot, ways=2, shots=1, fold=0, data_root=tmp_path)
    assert f'{folder} lacks 2way_1shot/0.pkl (or 2way1shot/0.pkl' in message
    path = write_few_shot(tmp_path, 2, 1, underscore=underscore, queries=1)
    assert path.parent.name == ('2way_1shot' if underscore else '2way1shot')
    assert ModelNetFewShot(ways=2, shots=1, fold=0, data_root=tmp_path).path == path


def test_points_alone_and_class_names_in_words_are_read(copied):
    root = copied('few shot')
    episode = load_arrays(SAMPLES['few shot'].victim(root))
    names = ('bed', 'night_stand', 'toilet', 'car', 'tv_stand')
    new = {
        split: [(c[:1024, :3], np.array([label]), names[label]) for c, label, _ in rows]
        for split, rows in episode.items()
    }
    write_pickle(SAMPLES['few shot'].victim(root), new)
    dataset = ModelNetFewShot(**OPTIONS, data_root=root)
    assert dataset.classes == ('bed', 'night stand', 'toilet', 'car', 'tv stand')
    assert dataset.normals(0) is None
    assert dataset.points(0).shape == (1024, 3)


ROWS = [
    (lambda cloud, label, kind: (cloud[:, :2], label, kind), 'must have points of shape (N, 6), floats, not (8192, 2)'),
    (lambda cloud, label, kind: (cloud.ravel(), label, kind), 'must have points of shape (N, 6), floats, not (49152,)'),
    (lambda cloud, label, kind: (cloud.astype(np.int32), label, kind), 'must have points of shape (N, 6), floats'),
    (lambda cloud, label, kind: ('points', label, kind), 'must have points of shape (N, 6), floats, not points'),
    (lambda cloud, label, kind: (cloud * np.float32(np.nan), label, kind), 'has NaN or infinity among its points'),
    (lambda cloud, label, kind: (cloud, 5, kind), 'has the label 5, expected 0 to 4'),
    (lambda cloud, label, kind: (cloud, -1, kind), 'has the label -1, expected 0 to 4'),
    (lambda cloud, label, kind: (cloud, 1.5, kind), 'has the label 1.5, expected 0 to 4'),
    (lambda cloud, label, kind: (cloud, label, np.int32(40)), 'has the class 40, expected 0 to 39'),
    (lambda cloud, label, kind: (cloud, label, None), 'has the class None, expected 0 to 39'),
    (lambda cloud, label, kind: (cloud, label), 'must be (points, label, class)'),
]
BALANCE = 'must have 2 training objects and some to test of every class'
EPISODES = [
    (
        lambda train, test: {'train': [(train[0][0][:500], *train[0][1:]), *train[1:]], 'test': test},
        'of several shapes',
    ),
    (lambda train, test: {'train': train[:-1], 'test': test}, BALANCE),
    (lambda train, test: {'train': train, 'test': test[:2]}, BALANCE),
    (lambda train, test: {'train': [(c, (label + 1) % 5, k) for c, label, k in train], 'test': test}, 'has label '),
    (lambda train, test: train, 'must hold a dict with the lists train and test'),
    (lambda train, test: {'train': train}, 'must hold a dict with the lists train and test'),
    (lambda train, test: eval, 'asks for builtins.eval'),
]


@pytest.mark.parametrize(('change', 'reason'), ROWS + EPISODES)
def test_a_broken_file_is_named(copied, change, reason):
    root = copied('few shot')
    path = SAMPLES['few shot'].victim(root)
    episode = load_arrays(path)
    if (change, reason) in ROWS:
        episode['train'][4] = change(*episode['train'][4])
        reason = f'train row 4 {reason}'
    else:
        episode = change(episode['train'], episode['test'])
    write_pickle(path, episode)
    message = refused(ModelNetFewShot, **OPTIONS, data_root=root)
    assert message.startswith(str(path))
    assert reason in message
