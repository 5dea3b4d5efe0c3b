"""Broken files of every layout of ModelNet are named in one line."""

from __future__ import annotations

import re
import shutil
from functools import partial

import h5py
import numpy as np
import pytest

from tests.datasets.layouts.writers_h5 import change_table
from tests.datasets.layouts.writers_modelnet import HDF5, RESAMPLED, write_modelnet, write_pickle
from tests.datasets.samples import MODELNET_FILES, SAMPLES
from tests.refusals import refused
from zoo.datasets.layouts.modelnet import ModelNet


def read_all(**options):
    """Read every object."""
    dataset = ModelNet(**options)
    return dataset.__getitems__(range(len(dataset)))


TEXT, MESH = MODELNET_FILES['normal_resampled'], MODELNET_FILES['off']
CLASSES, TRAIN = (f'{RESAMPLED}/modelnet40_{name}.txt' for name in ('shape_names', 'train'))
TEXTS = [
    (TEXT, lambda text: re.sub(r',[^,]*\n', '\n', text), '10000 lines and 40000 commas'),
    (TEXT, lambda text: text.replace(text.split(',')[1], 'nan', 1), 'NaN'),
    (TEXT, lambda text: f'one{text[3:]}', 'x,y,z,nx,ny,nz'),
    (TEXT, lambda text: text.replace(',', ' '), 'x,y,z,nx,ny,nz'),
    (TEXT, lambda text: '', 'x,y,z,nx,ny,nz'),
    (TEXT, lambda text: text + text, 'x,y,z,nx,ny,nz'),
    (CLASSES, lambda text: text.replace('toilet', 'toile'), 'must name the 40 classes'),
    (CLASSES, lambda text: ''.join(reversed(text.splitlines(keepends=True))), 'must name the 40 classes'),
    (CLASSES, lambda text: '', 'must name the 40 classes'),
    (TRAIN, lambda text: text.replace('chair_0001', 'a_1'), "names 'a_1', expected objects of ModelNet40"),
    (TRAIN, lambda text: '', 'names nothing'),
    (TRAIN, lambda text: 'airplane\n', "names 'airplane'"),
    (TRAIN, lambda text: '../x_1\n', "names '../x_1'"),
    (MESH, lambda text: text.replace('8 12 0', '9 12 0'), 'cut off: 9 vertices and 12 faces are announced'),
    (MESH, lambda text: text.replace('0.000000', 'nan', 1), 'NaN'),
]


@pytest.mark.parametrize(('file', 'change', 'reason'), TEXTS)
def test_a_broken_text_is_named(copied, file, change, reason):
    layout = 'off' if file == MESH else 'normal_resampled'
    root = copied(layout)
    path = root / file
    path.write_text(change(path.read_text()))
    message = refused(read_all, layout=layout, data_root=root)
    assert message.startswith(str(path))
    assert reason in message
    assert message.endswith('fetch it again')


def test_lists_that_lead_elsewhere_or_cannot_be_read_are_named(copied):
    root = copied('normal_resampled')
    options = {'layout': 'normal_resampled', 'data_root': root}
    train = root / TRAIN
    train.write_text('chair_/../../x\n')
    assert 'lacks 1 of 1 clouds, the first is chair/chair_/../../x.txt' in refused(read_all, **options)
    train.write_bytes(b'\xff\xfe')
    assert f'{train} cannot be read' in refused(read_all, **options)
    for name in ('train', 'test', 'shape_names'):
        (root / RESAMPLED / f'modelnet40_{name}.txt').rename(root / 'away')
        message = refused(read_all, split='train+test', **options)
        assert f'{root / RESAMPLED} lacks modelnet40_{name}.txt: get https://' in message
        (root / 'away').rename(root / RESAMPLED / f'modelnet40_{name}.txt')


def test_missing_clouds_are_counted_before_the_first_epoch(copied):
    root = copied('normal_resampled')
    for name in ('airplane/airplane_0002', 'chair/chair_0001'):
        (root / RESAMPLED / f'{name}.txt').unlink()
    shutil.rmtree(root / RESAMPLED / 'toilet')
    message = refused(ModelNet, layout='normal_resampled', data_root=root)
    assert f'{root / RESAMPLED} lacks 4 of 8 clouds, the first is airplane/airplane_0002.txt: get https://' in message


def test_normals_are_checked_when_they_are_asked_for(copied):
    root = copied('normal_resampled')
    path = root / TEXT
    line = path.read_text().splitlines()[3]
    path.write_text(path.read_text().replace(line, line.rpartition(',')[0] + ',nan'))
    dataset = ModelNet(layout='normal_resampled', data_root=root)
    assert np.isfinite(dataset.points(2)).all()
    assert 'chair_0001.txt has NaN or infinity among its normals' in refused(dataset.normals, 2)


def one(cloud, label=1):
    return [[cloud], [np.array(label)]]


CLOUD = np.ones((8192, 6), np.float32)
PICKLES = [
    ({'clouds': []}, 'must hold a list of clouds and a list of as many labels'),
    ([[], []], 'must hold a list of clouds'),
    ([[CLOUD], []], 'must hold a list of clouds'),
    ([1, 2], 'must hold a list of clouds'),
    (one('chair'), 'row 0 must be an array of floats of shape (8192, 6), not str'),
    ([[CLOUD] * 2 + [CLOUD[:4000]], [1] * 3], 'row 2 must be an array of floats of shape (8192, 6), not (4000, 6)'),
    (one(CLOUD.astype(np.int32)), 'row 0 must be an array of floats'),
    (one(CLOUD[:, :4]), 'not (8192, 4)'),
    ([[CLOUD, CLOUD * np.nan], [1, 1]], 'row 1 has NaN or infinity among its points'),
    (one(CLOUD, 1.5), 'row 0 has no whole number as its label'),
    (one(CLOUD, [1, 2]), 'row 0 has no whole number'),
    (one(CLOUD, -1), 'has the label -1 in row 0'),
    ([[CLOUD] * 2, [1, 40]], 'has the label 40 in row 1, expected 0 to 39'),
    (one(CLOUD), 'are not of the same objects: fetch both again'),
    (eval, 'asks for builtins.eval, which is no part of an array: nothing of it was run'),
]


@pytest.mark.parametrize(('content', 'reason'), PICKLES)
def test_strange_pickles_are_named(copied, content, reason):
    root = copied('fps')
    path = SAMPLES['fps'].victim(root)
    write_pickle(path, content)
    if 'objects' not in reason:
        (root / RESAMPLED / 'modelnet40_train.txt').unlink()
    message = refused(read_all, layout='fps', data_root=root)
    assert message.startswith(str(path))
    assert reason in message


def test_broken_hdf5_folders_are_named(copied):
    root = copied('hdf5')
    folder = root / HDF5
    attempt = partial(refused, read_all, layout='hdf5', data_root=root)
    files, names = folder / 'train_files.txt', folder / 'ply_data_train_0_id2file.json'
    good_names, good_files = names.read_text(), files.read_text()
    for content in ('[]', '{}', '[1, 2, 3, 4]'):
        names.write_text(content)
        assert f'{names} must be a list of 4 files, one an object of ply_data_train0.h5' in attempt()
    names.write_text(good_names)
    for content, reason in (('', 'names no file'), ('../../x.h5\n', 'names x.h5, which is missing from the folder')):
        files.write_text(content)
        assert f'{files} {reason}' in attempt()
    files.write_text(good_files)
    path = folder / 'ply_data_train0.h5'
    with h5py.File(path) as file:
        data, normals, labels = (file[key][()] for key in ('data', 'normal', 'label'))
    change_table(path, 'normal', normals[:2])
    dataset = ModelNet(layout='hdf5', data_root=root)
    assert dataset.normals(1) is not None
    assert f"{path}: table 'normal' does not fit the points" in refused(dataset.normals, 3)
    wrong = np.where(np.arange(len(labels))[:, None] == 1, 40, labels)
    for key, value, reason in (
        ('data', data[:, :1000], 'clouds of 2048 points, not 1000'),
        ('data', data * np.nan, 'NaN'),
        ('label', wrong, 'has the label 40 in row 1'),
        ('label', None, "has no table 'label'"),
    ):
        change_table(path, 'data', data)
        change_table(path, key, value)
        assert reason in attempt()


def test_modelnet10_needs_objects_in_the_hdf5_files(copied):
    root = copied('hdf5')
    with h5py.File(root / HDF5 / 'ply_data_test0.h5', 'a') as file:
        file['label'][:] = 0
    message = refused(ModelNet, split='test', num_classes=10, layout='hdf5', data_root=root)
    assert message.endswith('modelnet40_ply_hdf5_2048 has no object of the 10 classes')


def test_gaps_in_the_numbers_of_the_meshes_are_missing_files(tmp_path):
    write_modelnet(tmp_path, 'off', 10, train=3, test=3)
    folder = tmp_path / 'ModelNet' / 'ModelNet10' / 'sofa'
    options = {'num_classes': 10, 'layout': 'off', 'data_root': tmp_path}

    def attempt(split, *lost):
        for name in lost:
            (folder / name).rename(tmp_path / name.replace('/', ' '))
        message = refused(ModelNet, split, **options)
        for name in lost:
            (tmp_path / name.replace('/', ' ')).rename(folder / name)
        return message

    for split in ('train', 'train+test'):
        assert f'{folder}/train/sofa_0002.off is missing' in attempt(split, 'train/sofa_0002.off')
        assert f'{folder}/train or test/sofa_0003.off is missing' in attempt(split, 'train/sofa_0003.off')
    assert f'{folder}/test/sofa_0005.off is missing' in attempt('test', 'test/sofa_0005.off')
    assert f'{folder}/train or test/sofa_0004.off is missing' in attempt('test', 'test/sofa_0004.off')
    everything = [f'test/sofa_000{number}.off' for number in (4, 5, 6)]
    assert f'{folder}/test holds no sofa_<number>.off' in attempt('test', *everything)
    (folder / 'train' / 'sofa_0002.off').unlink()
    assert len(ModelNet('test', **options)) == 30  # the other split is whole


def test_missing_and_strange_classes_among_the_meshes_are_named(copied):
    root = copied('off')
    folder = root / 'ModelNet' / 'ModelNet40'
    chair = folder / 'chair' / 'train' / 'chair_0001.off'
    chair.rename(chair.with_name('table_0001.off'))
    message = refused(ModelNet, layout='off', data_root=root)
    assert 'table_0001.off is not named chair_<number>.off' in message
    chair.with_name('table_0001.off').rename(chair)
    (folder / 'zebra' / 'train').mkdir(parents=True)
    message = refused(ModelNet, layout='off', data_root=root)
    assert message.startswith(f'{folder / "zebra"} is no class of ModelNet40')
    shutil.rmtree(folder / 'zebra')
    (folder / '__MACOSX').mkdir()
    assert len(ModelNet(layout='off', data_root=root)) == 80
    shutil.rmtree(folder / 'tent')
    assert f'{folder} lacks tent/train: get http' in refused(ModelNet, layout='off', data_root=root)


def test_the_test_meshes_alone_are_read(copied):
    root = copied('off')
    for folder in (root / 'ModelNet' / 'ModelNet40').iterdir():
        shutil.rmtree(folder / 'train')
    assert len(ModelNet('test', layout='off', data_root=root)) == 40
