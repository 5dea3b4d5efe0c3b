from __future__ import annotations

import math
import shutil

import h5py
import numpy as np
import pytest
import torch

from tests.datasets.layouts.one_step import train_one_step, write_config
from tests.datasets.layouts.writers_h5 import change_table, write_modelnet40_c, write_modelnet_c
from tests.engine.conftest import run_tool
from zoo.datasets.captions import readable
from zoo.datasets.layouts.modelnet_c import ModelNet40C, ModelNetC
from zoo.errors import UsageError
from zoo.registry import DATASETS

MODULE = 'zoo.datasets.layouts.modelnet_c'

SEVEN = {
    'scale': 'scale',
    'jitter': 'jitter',
    'rotate': 'rotate',
    'drop_global': 'dropout_global',
    'drop_local': 'dropout_local',
    'add_global': 'add_global',
    'add_local': 'add_local',
}
"""Names of the paper, and those of the files."""

FIFTEEN = {
    'occlusion': 'occlusion',
    'lidar': 'lidar',
    'density_inc': 'density_inc',
    'density_dec': 'density',
    'cutout': 'cutout',
    'uniform': 'uniform',
    'gaussian': 'gaussian',
    'impulse': 'impulse',
    'upsampling': 'upsampling',
    'background': 'background',
    'rotation': 'rotation',
    'shear': 'shear',
    'ffd': 'distortion',
    'rbf': 'distortion_rbf',
    'inv_rbf': 'distortion_rbf_inv',
}


@pytest.fixture(scope='module')
def original(tmp_path_factory):
    root = tmp_path_factory.mktemp('official')
    write_modelnet_c(root)
    write_modelnet40_c(root, FIFTEEN.values())
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


@pytest.mark.parametrize('corruption', SEVEN)
@pytest.mark.parametrize('severity', [1, 5])
def test_modelnet_c_is_what_the_file_holds(original, corruption, severity):
    path = original / 'modelnet_c' / f'{SEVEN[corruption]}_{severity - 1}.h5'
    with h5py.File(path) as file:
        data, label = file['data'][()], file['label'][()]
    for name in {corruption, SEVEN[corruption]}:
        dataset = ModelNetC(name, severity, texts=True, data_root=original)
        batch = dataset.__getitems__([6, 1])
        assert batch['points'].dtype == torch.float32
        assert np.array_equal(batch['points'].numpy(), data[[6, 1]].astype(np.float32))
        assert batch['label'].tolist() == label[[6, 1], 0].tolist()
        assert batch['text'] == [dataset.classes[row] for row in label[[6, 1], 0]]
        assert dataset.source(6) == f'{path} row 6'
        assert dataset.info(6)['corruption'] == SEVEN[corruption]
        assert len(dataset) == 8


@pytest.mark.parametrize('corruption', FIFTEEN)
@pytest.mark.parametrize('severity', [1, 5])
def test_modelnet40_c_is_what_the_file_holds(original, corruption, severity):
    path = original / 'modelnet40_c' / f'data_{FIFTEEN[corruption]}_{severity}.npy'
    data, label = np.load(path), np.load(original / 'modelnet40_c' / 'label.npy')
    for name in {corruption, FIFTEEN[corruption]}:
        dataset = ModelNet40C(name, severity, data_root=original)
        batch = dataset.__getitems__([6, 1])
        assert np.array_equal(batch['points'].numpy(), data[[6, 1]])
        assert np.array_equal(dataset.points(3), data[3])
        assert batch['label'].tolist() == label[[6, 1], 0].tolist()
        assert dataset.source(6) == f'{path} row 6'


def test_the_sets_without_corruption_have_no_severity(original):
    assert ModelNetC('clean', data_root=original).source(0) == f'{original / "modelnet_c" / "clean.h5"} row 0'
    path = original / 'modelnet40_c' / 'data_original.npy'
    assert ModelNet40C('clean', data_root=original).source(0) == f'{path} row 0'
    assert 'no severity' in refused(lambda: ModelNetC('clean', 1, data_root=original))


def test_classes_are_the_forty_in_the_order_of_the_labels(original):
    classes = ModelNetC('clean', data_root=original).classes
    assert len(classes) == 40
    assert classes[0] == 'airplane'
    assert classes[35] == 'toilet'
    assert list(classes) == sorted(classes) == [readable(name) for name in classes]
    assert ModelNet40C('clean', data_root=original).classes == classes


def test_every_file_has_its_own_fingerprint(original):
    sets = [ModelNetC(name, severity, data_root=original) for name in SEVEN for severity in range(1, 6)]
    sets += [ModelNet40C(name, severity, data_root=original) for name in FIFTEEN for severity in (1, 5)]
    differing = {dataset.fingerprint for dataset in sets if dataset.corruption not in {'jitter', 'rotate', 'scale'}}
    assert len(differing) == 4 * 5 + 15 * 2


def test_the_data_root_is_the_users_and_the_other_folder_name_is_found(root, monkeypatch):
    monkeypatch.setenv('ZOO_DATA', str(root))
    (root / 'modelnet_c').rename(root / 'pointcloud_c')
    assert 'pointcloud_c' in DATASETS.build({'type': 'ModelNetC', 'corruption': 'jitter', 'severity': 3}).source(0)
    assert len(DATASETS.build({'type': 'ModelNet40C', 'corruption': 'lidar', 'severity': 5})) == 8


@pytest.mark.parametrize(
    'dataset',
    [
        {'type': 'ModelNetC', 'corruption': 'drop_local', 'severity': 2},
        {'type': 'ModelNet40C', 'corruption': 'cutout', 'severity': 5},
    ],
)
def test_it_trains_one_step(original, tmp_path, dataset):
    assert 0 < train_one_step(tmp_path, {**dataset, 'data_root': str(original)}, 40) < math.inf


@pytest.mark.parametrize(
    ('kind', 'corruption', 'severity', 'expected'),
    [
        (ModelNetC, 'drop', 1, 'choose one of clean, scale, jitter, rotate, dropout_global'),
        (ModelNetC, 'rotate', 0, "severity 0 of 'rotate' must be 1 to 5, where the files count from 0 to 4"),
        (ModelNetC, 'rotate', 6, 'must be 1 to 5'),
        (ModelNetC, 'rotate', None, 'must be 1 to 5'),
        (ModelNet40C, 'scale', 1, 'choose one of original, occlusion, lidar'),
        (ModelNet40C, 'shear', 0, "severity 0 of 'shear' must be 1 to 5"),
    ],
)
def test_wrong_arguments_are_usage_errors(original, kind, corruption, severity, expected):
    assert expected in refused(lambda: kind(corruption, severity, data_root=original))


@pytest.mark.parametrize(
    ('kind', 'arguments', 'folder', 'name', 'page'),
    [
        (ModelNetC, ('jitter', 2), 'modelnet_c', 'jitter_1.h5', 'PointCloud-C/blob/main/docs/DATA_PREPARE.md'),
        (ModelNetC, ('clean',), 'modelnet_c', 'clean.h5', 'PointCloud-C/blob/main/docs/DATA_PREPARE.md'),
        (ModelNet40C, ('lidar', 5), 'modelnet40_c', 'data_lidar_5.npy', 'zenodo.org/records/6017834'),
        (ModelNet40C, ('lidar', 5), 'modelnet40_c', 'label.npy', 'zenodo.org/records/6017834'),
    ],
)
def test_an_absent_file_says_what_where_and_how(root, kind, arguments, folder, name, page):
    (root / folder / name).unlink()
    message = refused(lambda: kind(*arguments, data_root=root))
    assert message.startswith(f'{kind.__name__}: {root / folder} lacks {name}: ')
    for hint in (page, f'$ZOO_DATA be the folder that holds {folder}'):
        assert hint in message
    shutil.rmtree(root / folder)
    assert f'{root / folder} lacks ' in refused(lambda: kind(*arguments, data_root=root))


def broken(data, label, kind):
    """Return clouds, labels and what the message must say."""
    data, label = data.copy(), label.copy()
    if kind == 'columns':
        return data[..., :2], label, 'must be floats, 3 axes with 3 columns'
    if kind == 'integers':
        return data.astype(np.int32), label, 'must be floats, 3 axes with 3 columns'
    if kind == 'nan':
        data[5, 100] = np.nan
        return data, label, 'has NaN or infinity in 1 rows, the first is row 5'
    if kind == 'label':
        label[3] = 40
        return data, label, 'has the label 40 in row 3, expected 0 to 39'
    return data, label[:-1], 'must be 8 labels, one an object'


KINDS = ['columns', 'integers', 'nan', 'label', 'few labels']


@pytest.mark.parametrize('kind', KINDS)
def test_a_damaged_file_of_modelnet_c_is_named(root, kind):
    path = root / 'modelnet_c' / 'rotate_0.h5'
    with h5py.File(path) as file:
        data, label = file['data'][()], file['label'][()]
    data, label, expected = broken(data, label, kind)
    change_table(path, 'data', data)
    change_table(path, 'label', label)
    message = refused(lambda: ModelNetC('rotate', 1, data_root=root))
    assert message.startswith(f"{path}: table '{'label' if 'label' in kind else 'data'}' ")
    assert expected in message


@pytest.mark.parametrize('kind', KINDS)
def test_a_damaged_file_of_modelnet40_c_is_named(root, kind):
    path, labels = (root / 'modelnet40_c' / name for name in ('data_shear_1.npy', 'label.npy'))
    data, label, expected = broken(np.load(path), np.load(labels), kind)
    np.save(path, data)
    np.save(labels, label)
    message = refused(lambda: ModelNet40C('shear', 1, data_root=root))
    assert message.startswith(f'{labels if "label" in kind else path} ')
    assert expected in message


@pytest.mark.parametrize('name', ['data_shear_1.npy', 'label.npy'])
def test_no_array_is_named(root, name):
    path = root / 'modelnet40_c' / name

    def message():
        return refused(lambda: ModelNet40C('shear', 1, data_root=root))

    path.write_bytes(path.read_bytes()[:-3])
    assert message().startswith(f'{path} cannot be read as an array')
    path.write_text('')
    assert message().startswith(f'{path} cannot be read as an array')
    np.save(path, np.array([{'a': 1}], dtype=object), allow_pickle=True)
    assert message().startswith(f'{path} cannot be read as an array')
    with path.open('wb') as file:
        np.savez(file, a=np.zeros(3))
    assert message().startswith(f'{path} cannot be read as an array')


@pytest.mark.slow
def test_the_tool_names_the_damaged_file_in_one_line(root, tmp_path):
    path = root / 'modelnet_c' / 'add_local_4.h5'
    path.write_bytes(path.read_bytes()[:5000])
    dataset = {'type': 'ModelNetC', 'corruption': 'add_local', 'severity': 5}
    config = write_config(tmp_path / 'config.py', MODULE, dataset, 40)
    run = run_tool('train.py', config, '--device', 'cpu', cwd=tmp_path, ZOO_DATA=str(root))
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert f'error: {path} cannot be read as HDF5' in run.stderr
