from __future__ import annotations

import math
import shutil

import h5py
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tests.datasets.layouts.one_step import train_one_step, write_config
from tests.datasets.layouts.writers_h5 import SCAN_FILES, change_table, write_scanobjectnn
from tests.engine.conftest import run_tool
from tests.shared import shared_file
from zoo.datasets.layouts.scanobjectnn import CLASSES, ScanObjectNN
from zoo.errors import UsageError
from zoo.registry import DATASETS

MODULE = 'zoo.datasets.layouts.scanobjectnn'
FILES = dict(zip(('obj_bg', 'obj_only', 'pb_t50_rs'), SCAN_FILES, strict=True))


@pytest.fixture(scope='module')
def original(tmp_path_factory):
    root = tmp_path_factory.mktemp('official')
    write_scanobjectnn(root)
    return root


@pytest.fixture
def root(original, tmp_path):
    """A copy that a test may break."""
    shutil.copytree(original, tmp_path / 'data')
    return tmp_path / 'data'


def refused(action):
    """Return the message of a refusal: one line."""
    with pytest.raises(UsageError) as error:
        action()
    assert '\n' not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize('variant', FILES)
@pytest.mark.parametrize(('split', 'prefix', 'count'), [('train', 'training', 18), ('test', 'test', 15)])
def test_a_batch_is_what_the_file_of_the_variant_holds(original, variant, split, prefix, count):
    dataset = ScanObjectNN(split, variant=variant, texts=True, data_root=original)
    path = original / 'ScanObjectNN' / FILES[variant].format(prefix)
    with h5py.File(path) as file:
        data, label, mask = (file[key][()] for key in ('data', 'label', 'mask'))
    batch = dataset.__getitems__([5, 2, 5])
    assert len(dataset) == count
    assert np.array_equal(batch['points'].numpy(), data[[5, 2, 5]])
    assert batch['points'].shape == (3, 2048, 3)
    assert batch['points'].dtype == torch.float32
    assert batch['label'].tolist() == label[[5, 2, 5]].tolist()
    assert batch['text'] == [CLASSES[label[row]] for row in (5, 2, 5)]
    assert 'part' not in batch
    assert np.array_equal(dataset.points(7), data[7])
    assert np.array_equal(dataset.foreground(7), mask[7] != -1)
    assert dataset.foreground(7).all() == (variant == 'obj_only')
    assert dataset.source(7) == f'{path} row 7'


def test_the_classes_are_those_of_the_official_list():
    assert CLASSES[14] == 'toilet'
    assert list(CLASSES) == shared_file('data', 'lists', 'ScanObjectNN_shape_names.txt').read_text().split()


def test_every_object_has_an_id_of_its_own(original):
    ids = [
        dataset.info(index)['id']
        for variant in FILES
        for split in ('train', 'test')
        for dataset in [ScanObjectNN(split, variant=variant, data_root=original)]
        for index in range(len(dataset))
    ]
    assert len(set(ids)) == len(ids) == 3 * 33


def test_the_folder_of_the_archive_may_stand_in_between(root):
    folder = root / 'ScanObjectNN'
    expected = ScanObjectNN('test', data_root=root)
    (folder / 'h5_files').mkdir()
    for name in ('main_split', 'main_split_nobg'):
        (folder / name).rename(folder / 'h5_files' / name)
    moved = ScanObjectNN('test', data_root=root)
    assert 'h5_files' in moved.source(0)
    assert moved.fingerprint == expected.fingerprint
    assert moved.info(0) == expected.info(0)


def test_the_data_root_is_the_users(original, monkeypatch):
    monkeypatch.setenv('ZOO_DATA', str(original))
    assert len(DATASETS.build({'type': 'ScanObjectNN', 'split': 'test', 'variant': 'obj_only'})) == 15


def test_a_mask_is_only_needed_for_the_foreground(root):
    path = root / 'ScanObjectNN' / 'main_split' / 'test_objectdataset.h5'
    change_table(path, 'mask', np.zeros((15, 2047), int))
    dataset = ScanObjectNN('test', variant='obj_bg', data_root=root)
    assert "'mask' must be of shape (15, 2048) like the points, not (15, 2047)" in refused(
        lambda: dataset.foreground(0)
    )
    change_table(path, 'mask', None)
    dataset = ScanObjectNN('test', variant='obj_bg', data_root=root)
    assert dataset[3]['points'].shape == (2048, 3)
    assert refused(lambda: dataset.foreground(0)).startswith(f'{path} has no mask')


def test_the_fingerprint_follows_points_and_labels(root):
    path = root / 'ScanObjectNN' / 'main_split' / 'test_objectdataset.h5'

    def fingerprint(variant='obj_bg'):
        return ScanObjectNN('test', variant=variant, data_root=root).fingerprint

    first = fingerprint()
    assert fingerprint() == first != fingerprint('obj_only')
    with h5py.File(path, 'r+') as file:
        file['label'][0] = (file['label'][0] + 1) % 15
    second = fingerprint()
    with h5py.File(path, 'r+') as file:
        file['data'][3, 100, 2] += 1e-3
    assert len({first, second, fingerprint()}) == 3


@pytest.mark.parametrize('variant', FILES)
def test_it_trains_one_step(original, tmp_path, variant):
    dataset = {'type': 'ScanObjectNN', 'variant': variant, 'data_root': str(original)}
    assert 0 < train_one_step(tmp_path, dataset, 15) < math.inf


def test_workers_give_the_same_batches(original):
    dataset = ScanObjectNN('train', data_root=original)
    batches = [list(DataLoader(dataset, 6, num_workers=count, collate_fn=dataset.collate)) for count in (0, 2)]
    for left, right in zip(*batches, strict=True):
        assert torch.equal(left['points'], right['points'])


@pytest.mark.parametrize('variant', FILES)
def test_an_absent_file_says_what_where_and_how(root, variant):
    name = FILES[variant].format('training')
    (root / 'ScanObjectNN' / name).unlink()
    message = refused(lambda: ScanObjectNN(variant=variant, data_root=root))
    assert message.startswith(f'ScanObjectNN: {root / "ScanObjectNN"} lacks {name}')
    for hint in ('h5_files', 'hkust-vgd.github.io/scanobjectnn', 'terms of use', '$ZOO_DATA'):
        assert hint in message


def damage(path, kind):
    """Break a file of 15 objects; returns what the message must say."""
    with h5py.File(path) as file:
        data, label = file['data'][()], file['label'][()]
    if kind == 'truncated':
        path.write_bytes(path.read_bytes()[:-1000])
        return 'cannot be read as HDF5'
    if kind == 'text':
        path.write_text('<html>This file is too large to be scanned for viruses</html>')
        return 'cannot be read as HDF5'
    if kind == 'columns':
        change_table(path, 'data', data[..., :2])
        return "table 'data' must be floats, 3 axes with 3 columns, not empty; it is float32 (15, 2048, 2)"
    if kind == 'nan':
        data[11, 3, 1] = np.nan
        change_table(path, 'data', data)
        return "table 'data' has NaN or infinity in 1 rows, the first is row 11"
    if kind == 'label':
        label[4] = 15
        change_table(path, 'label', label)
        return "table 'label' has the label 15 in row 4, expected 0 to 14"
    if kind == 'few labels':
        change_table(path, 'label', label[:-1])
        return "table 'label' must be 15 labels, one an object"
    change_table(path, 'label', None)
    return "has no table 'label', it has data, mask"


@pytest.mark.parametrize('kind', ['truncated', 'text', 'columns', 'nan', 'label', 'few labels', 'no labels'])
def test_a_damaged_file_is_named(root, kind):
    path = root / 'ScanObjectNN' / 'main_split' / 'test_objectdataset_augmentedrot_scale75.h5'
    expected = damage(path, kind)
    message = refused(lambda: ScanObjectNN('test', data_root=root))
    assert message.startswith(str(path))
    assert expected in message
    assert message.endswith('fetch it again')
    assert len(ScanObjectNN('test', variant='obj_bg', data_root=root)) == 15


@pytest.mark.parametrize('options', [{'split': 'val'}, {'variant': 'hardest'}])
def test_wrong_arguments_are_usage_errors(original, options):
    assert 'one of train, test, variant' in refused(lambda: ScanObjectNN(data_root=original, **options))


@pytest.mark.slow
def test_the_tool_names_the_damaged_file_in_one_line(root, tmp_path):
    path = root / 'ScanObjectNN' / 'main_split_nobg' / 'training_objectdataset.h5'
    path.write_bytes(path.read_bytes()[:5000])
    dataset = {'type': 'ScanObjectNN', 'variant': 'obj_only'}
    config = write_config(tmp_path / 'config.py', MODULE, dataset, 15)
    run = run_tool('train.py', config, '--device', 'cpu', cwd=tmp_path, ZOO_DATA=str(root))
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert f'error: {path} cannot be read as HDF5' in run.stderr
