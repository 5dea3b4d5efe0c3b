from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from tests.datasets.layouts.writers_modelnet import write_few_shot, write_pickle
from zoo.datasets.layouts.few_shot import ModelNetFewShot
from zoo.datasets.layouts.modelnet_names import readable_classes
from zoo.datasets.unpickle import load_arrays
from zoo.errors import UsageError
from zoo.registry import DATASETS

OPTIONS = {'ways': 5, 'shots': 2, 'fold': 3}


@pytest.fixture(scope='module')
def original(tmp_path_factory):
    root = tmp_path_factory.mktemp('official')
    write_few_shot(root, **OPTIONS, queries=3)
    return root


@pytest.fixture
def root(original, tmp_path):
    """A copy that a test may break."""
    shutil.copytree(original, tmp_path / 'data')
    return tmp_path / 'data'


def path_in(root):
    return root / 'ModelNetFewshot' / '5way_2shot' / '3.pkl'


def refused(root, **options):
    """Return the message with which the dataset is refused: one line."""
    with pytest.raises(UsageError) as error:
        ModelNetFewShot(**{**OPTIONS, 'data_root': root, **options})
    assert '\n' not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(('split', 'count'), [('train', 10), ('test', 15)])
def test_an_episode_is_what_the_file_holds(original, split, count):
    dataset = ModelNetFewShot(**OPTIONS, split=split, data_root=original, texts=True)
    rows = load_arrays(path_in(original))[split]
    assert len(dataset) == len(rows) == count
    batch = dataset.__getitems__(range(count))
    for index, (cloud, label, kind) in enumerate(rows):
        assert np.array_equal(batch['points'][index].numpy(), cloud[:, :3])
        assert np.array_equal(dataset.normals(index), cloud[:, 3:])
        assert batch['label'][index] == label
        assert batch['text'][index] == dataset.classes[label] == readable_classes(40)[kind]
        assert dataset.source(index) == f'{path_in(original)} {split} row {index}'
    assert np.bincount(dataset.labels).tolist() == [count // 5] * 5


def test_both_splits_have_the_same_classes(original):
    assert (
        len({ModelNetFewShot(**OPTIONS, split=split, data_root=original).classes for split in ('train', 'test')}) == 1
    )


@pytest.mark.parametrize('underscore', [True, False])
def test_both_names_of_the_folder_are_found(tmp_path, underscore, monkeypatch):
    path = write_few_shot(tmp_path, 2, 1, underscore=underscore, queries=1)
    assert path.parent.name == ('2way_1shot' if underscore else '2way1shot')
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))
    dataset = DATASETS.build({'type': 'ModelNetFewShot', 'ways': 2, 'shots': 1, 'fold': 0})
    assert dataset.path == path


def test_the_published_size(tmp_path):
    write_few_shot(tmp_path)
    sizes = [len(ModelNetFewShot(5, 10, 0, split, data_root=tmp_path)) for split in ('train', 'test')]
    assert sizes == [50, 100]


def test_num_points_is_the_head_of_a_cloud(original):
    whole, head = (ModelNetFewShot(**OPTIONS, num_points=count, data_root=original) for count in (None, 100))
    assert np.array_equal(head.points(4), whole.points(4)[:100])
    assert np.array_equal(head.normals(4), whole.normals(4)[:100])
    assert 'num_points=9000, but' in refused(original, num_points=9000)


def test_points_alone_and_class_names_in_words_are_read(root):
    episode = load_arrays(path_in(root))
    names = ('bed', 'night_stand', 'toilet', 'car', 'tv_stand')
    new = {
        split: [(c[:1024, :3], np.array([label]), names[label]) for c, label, _ in rows]
        for split, rows in episode.items()
    }
    write_pickle(path_in(root), new)
    dataset = ModelNetFewShot(**OPTIONS, data_root=root)
    assert dataset.classes == ('bed', 'night stand', 'toilet', 'car', 'tv stand')
    assert dataset.normals(0) is None
    assert dataset.points(0).shape == (1024, 3)


def test_an_absent_file_says_what_where_and_how(tmp_path):
    message = refused(tmp_path)
    assert message.startswith(
        f'ModelNetFewShot: {tmp_path / "ModelNetFewshot"} lacks 5way_2shot/3.pkl (or 5way2shot/3.pkl'
    )
    for hint in ('Point-BERT/blob/master/DATASET.md', '$ZOO_DATA'):
        assert hint in message


@pytest.mark.parametrize('wrong', [{'ways': 0}, {'shots': 0}, {'fold': -1}, {'split': 'val'}, {'num_points': 0}])
def test_wrong_arguments_are_usage_errors(original, wrong):
    assert refused(original, **wrong).startswith('ModelNetFewShot: split ')


def damage(root, kind):
    """Break an episode; returns what the message must say."""
    path = path_in(root)
    if kind in ('truncated', 'code'):
        path.write_bytes(path.read_bytes()[:-1000] if kind == 'truncated' else b'cos\nsystem\n(VTRUE\ntR.')
        return 'cannot be read as a pickle of arrays' if kind == 'truncated' else 'asks for os.system'
    episode = load_arrays(path)
    cloud, label, number = episode['train'][4]
    other = next(row for row in episode['train'] if row[1] != label)
    new_row = {
        'shape': (cloud[:, :2], label, number),
        'flat': (cloud.ravel(), label, number),
        'integers': (cloud.astype(np.int32), label, number),
        'no array': ('points', label, number),
        'ragged': (cloud[:500], label, number),
        'nan': (np.where(np.arange(6) == 1, np.nan, cloud).astype(np.float32), label, number),
        'label': (cloud, 5, number),
        'negative': (cloud, -1, number),
        'no label': (cloud, 1.5, number),
        'class': (cloud, label, np.int32(40)),
        'no class': (cloud, label, None),
        'two classes': (cloud, label, other[2]),
        'unbalanced': other,
        'pair': (cloud, label),
    }
    reasons = {
        'shape': 'train row 4 must have points of shape (N, 6), floats, not (8192, 2)',
        'flat': 'train row 4 must have points of shape (N, 6), floats, not (49152,)',
        'integers': 'train row 4 must have points of shape (N, 6), floats',
        'no array': 'train row 4 must have points of shape (N, 6), floats, not points',
        'ragged': 'has clouds of several shapes',
        'nan': 'train row 4 has NaN or infinity among its points',
        'label': 'train row 4 has the label 5, expected 0 to 4',
        'negative': 'train row 4 has the label -1, expected 0 to 4',
        'no label': 'train row 4 has the label 1.5, expected 0 to 4',
        'class': 'train row 4 has the class 40, expected 0 to 39',
        'no class': 'train row 4 has the class None, expected 0 to 39',
        'two classes': f'has label {label} for ',
        'unbalanced': 'must have 2 training objects and some to test of every class',
        'pair': 'train row 4 must be (points, label, class)',
        'no test': 'must have 2 training objects and some to test of every class',
        'list': 'must hold a dict with the lists train and test',
        'keys': 'must hold a dict with the lists train and test',
    }
    if kind in new_row:
        episode['train'][4] = new_row[kind]
    elif kind == 'no test':
        episode['test'] = episode['test'][:2]
    else:
        episode = episode['train'] if kind == 'list' else {'train': episode['train']}
    write_pickle(path, episode)
    return reasons[kind]


@pytest.mark.parametrize(
    'kind',
    [
        *(
            'truncated',
            'code',
            'shape',
            'flat',
            'integers',
            'no array',
            'ragged',
            'nan',
            'label',
            'negative',
            'no label',
        ),
        *('class', 'no class', 'two classes', 'unbalanced', 'pair', 'no test', 'list', 'keys'),
    ],
)
def test_a_broken_file_is_named(root, kind):
    reason = damage(root, kind)
    message = refused(root)
    assert message.startswith(str(path_in(root)))
    assert reason in message


def test_the_fingerprint_follows_the_content(root):
    def fingerprint(**options):
        return ModelNetFewShot(**{**OPTIONS, 'data_root': root, **options}).fingerprint

    first = fingerprint()
    assert fingerprint() == first
    assert len({first, fingerprint(split='test'), fingerprint(num_points=100)}) == 3
    episode = load_arrays(path_in(root))
    cloud, label, number = episode['train'][7]
    episode['train'][7] = (cloud + np.float32(1), label, number)
    write_pickle(path_in(root), episode)
    assert fingerprint() != first


def test_batches_are_tensors_of_their_own(original):
    dataset = ModelNetFewShot(**OPTIONS, num_points=16, data_root=original)
    batch = dataset.__getitems__([1, 2])
    batch['points'].zero_()
    assert not torch.equal(dataset.__getitems__([1, 2])['points'], batch['points'])
