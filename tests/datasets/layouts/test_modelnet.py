"""Every layout of ModelNet is read as its files have it."""

from __future__ import annotations

import shutil

import h5py
import numpy as np
import pytest

from tests.datasets.layouts.writers_modelnet import (
    HDF5,
    KINDS,
    RESAMPLED,
    box_cloud,
    box_sides,
    kind_of,
    write_modelnet,
    write_pickle,
)
from tests.refusals import refused
from zoo.datasets.layouts.modelnet import LAYOUTS, ModelNet
from zoo.datasets.layouts.modelnet_names import MODELNET10, MODELNET40, readable_classes
from zoo.datasets.unpickle import load_arrays
from zoo.registry import DATASETS

STORED = {'normal_resampled': 10_000, 'fps': 8192, 'hdf5': 2048, 'off': 10_000}
TRAIN = [f'{name}_{number:04d}' for name in KINDS for number in (1, 2)]
TEST = [f'{name}_0003' for name in KINDS]


def names_of(dataset):
    return [dataset.info(index)['id'] for index in range(len(dataset))]


@pytest.mark.parametrize('layout', ['normal_resampled', 'fps', 'hdf5'])
@pytest.mark.parametrize(('split', 'expected'), [('train', TRAIN), ('test', TEST), ('train+test', TRAIN + TEST)])
def test_points_normals_and_labels_are_those_of_the_files(original, layout, split, expected):
    dataset = ModelNet(split, layout=layout, data_root=original(layout))
    names = names_of(dataset)
    assert names == expected if layout != 'hdf5' else sorted(names) == sorted(expected)
    for index, name in enumerate(names):
        cloud = box_cloud(name, STORED[layout])
        # The text has six decimals.
        tolerance = 1e-6 if layout == 'normal_resampled' else 0
        assert np.allclose(dataset.points(index), cloud[:, :3], rtol=0, atol=tolerance)
        assert np.array_equal(dataset.normals(index), cloud[:, 3:])
        assert dataset.classes[dataset.labels[index]] == kind_of(name).replace('_', ' ')


def test_meshes_are_turned_upright_and_sampled_on_their_faces(original):
    dataset = ModelNet(layout='off', data_root=original('off'))
    assert names_of(dataset) == [f'{name}_{number:04d}' for name in MODELNET40 for number in (1, 2)]
    for index in (3, 47):
        sides = box_sides(names_of(dataset)[index]) * 10
        points, normals = dataset.points(index), dataset.normals(index)
        assert points.shape == normals.shape == (10_000, 3)
        assert normals.dtype == np.float32
        size = points.max(axis=0) - points.min(axis=0)
        assert np.allclose(size, sides, rtol=1e-3)  # y is the longest, as it was written z up
        away = (points - (points.max(axis=0) + points.min(axis=0)) / 2) / (size / 2)
        face = np.abs(away).argmax(axis=1)
        outward = np.eye(3)[face] * np.sign(away[np.arange(len(away)), face])[:, None]
        assert np.allclose(normals, outward, atol=1e-6)
        areas = np.array([sides[1] * sides[2], sides[0] * sides[2], sides[0] * sides[1]])
        share = np.bincount(face, minlength=3) / len(face)
        assert np.abs(share - areas / areas.sum()).max() < 0.02
    assert dataset.points(3).min(axis=0) == pytest.approx([0, 0, -3 * 1.02], abs=0.01)  # (x, y, z) becomes (x, z, -y)


def test_points_on_a_mesh_follow_from_its_name_alone(original, tmp_path):
    dataset = ModelNet('test', layout='off', data_root=original('off'))
    write_modelnet(tmp_path, 'off', train=1, test=5)
    other = ModelNet('test', layout='off', data_root=tmp_path)
    first, second = names_of(dataset).index('chair_0003'), names_of(other).index('chair_0003')
    assert np.array_equal(dataset.points(first), other.points(second))
    same_box = dataset.points(names_of(dataset).index('bed_0003')) / box_sides('bed_0003')
    assert not np.allclose(same_box, dataset.points(first) / box_sides('chair_0003'))


@pytest.mark.parametrize('layout', LAYOUTS)
def test_modelnet10_has_its_own_labels(tmp_path, original, layout):
    root = original('hdf5')
    if layout != 'hdf5':
        root = tmp_path
        write_modelnet(root, layout, 10)
    dataset = ModelNet(num_classes=10, layout=layout, data_root=root)
    assert dataset.classes == readable_classes(10)
    assert {kind_of(name) for name in names_of(dataset)} == set(MODELNET10 if layout == 'off' else KINDS[1:])
    for index, name in enumerate(names_of(dataset)):
        assert list(MODELNET10)[dataset.labels[index]] == kind_of(name)
    assert dataset.points(2).shape == (STORED[layout], 3)


def test_modelnet10_is_taken_from_the_pickle_of_modelnet40(original):
    dataset = ModelNet('test', num_classes=10, layout='fps', data_root=original('fps'))
    assert names_of(dataset) == TEST[1:]
    assert [dataset.classes[label] for label in dataset.labels] == ['chair', 'night stand', 'toilet']
    for index, name in enumerate(TEST[1:]):
        assert np.array_equal(dataset.points(index), box_cloud(name, 8192)[:, :3])
    assert dataset.source(0).endswith('modelnet40_test_8192pts_fps.dat row 1')


def test_the_pickle_with_the_most_points_is_read(copied):
    root = copied('fps')
    clouds, labels = load_arrays(root / RESAMPLED / 'modelnet40_test_8192pts_fps.dat')
    write_pickle(root / RESAMPLED / 'modelnet40_test_1024pts_fps.dat', [[c[:1024] for c in clouds], labels])
    assert ModelNet('test', layout='fps', data_root=root).points(0).shape == (8192, 3)
    (root / RESAMPLED / 'modelnet40_test_8192pts_fps.dat').unlink()
    assert ModelNet('test', layout='fps', data_root=root).points(0).shape == (1024, 3)


@pytest.mark.parametrize(
    ('layout', 'source'),
    [
        ('normal_resampled', f'{RESAMPLED}/airplane/airplane_0003.txt'),
        ('fps', f'{RESAMPLED}/modelnet40_test_8192pts_fps.dat row 0'),
        ('hdf5', f'{HDF5}/ply_data_test0.h5 row 0'),
        ('off', 'ModelNet/ModelNet40/airplane/test/airplane_0003.off'),
    ],
)
def test_sources_name_the_file_beside_the_folder_modelnet_too(original, layout, source, monkeypatch):
    dataset = ModelNet('test', layout=layout, data_root=original(layout))
    assert dataset.source(0) == str(original(layout) / source)
    assert dataset.info(0)['layout'] == dataset.layout == layout
    monkeypatch.setenv('ZOO_DATA', str(original(layout) / 'ModelNet'))
    assert DATASETS.build({'type': 'ModelNet', 'split': 'test', 'layout': layout}).source(0) == dataset.source(0)


def test_auto_takes_the_layouts_in_turn(copied, original):
    root = copied(*LAYOUTS)
    fingerprints = set()
    for layout in LAYOUTS:
        dataset = ModelNet('test', data_root=root)
        assert dataset.layout == dataset.info(0)['layout'] == layout
        assert dataset.fingerprint == ModelNet('test', layout=layout, data_root=original(layout)).fingerprint
        fingerprints.add(dataset.fingerprint)
        if layout == 'fps':
            (root / RESAMPLED / 'modelnet40_train_8192pts_fps.dat').unlink()
        else:
            shutil.rmtree(root / {'normal_resampled': RESAMPLED, 'hdf5': HDF5, 'off': 'ModelNet/ModelNet40'}[layout])
    assert len(fingerprints) == 4


def test_auto_prefers_a_layout_with_both_splits_so_that_they_are_of_one_kind(copied):
    root = copied('fps', 'hdf5')
    (root / RESAMPLED / 'modelnet40_train_8192pts_fps.dat').unlink()
    assert {ModelNet(split, data_root=root).layout for split in ('train', 'test')} == {'hdf5'}
    (root / HDF5 / 'train_files.txt').unlink()
    assert ModelNet('test', data_root=root).layout == 'fps'
    assert ModelNet('test', layout='fps', data_root=root).layout == 'fps'


def test_an_absent_set_says_where_it_was_looked_for_and_how_to_get_it(tmp_path):
    message = refused(ModelNet, data_root=tmp_path)
    for layout, folder, lacking, hint in [
        ('fps', RESAMPLED, 'modelnet40_train_8192pts_fps.dat', 'Point-BERT/blob/master/DATASET.md'),
        ('normal_resampled', RESAMPLED, 'modelnet40_shape_names.txt, modelnet40_train.txt', 'may be dead'),
        ('hdf5', HDF5, 'shape_names.txt, train_files.txt', 'stanford.edu/media/modelnet40_ply_hdf5_2048.zip'),
        ('off', 'ModelNet/ModelNet40', '<class>/<split>/<name>.off', 'modelnet.cs.princeton.edu'),
    ]:
        assert f'layout {layout}: {tmp_path / folder} lacks {lacking}' in message
        assert hint in message
    assert '$ZOO_DATA' in message
    assert message.startswith('ModelNet40: ')
    alone = refused(ModelNet, layout='hdf5', num_classes=10, data_root=tmp_path)
    assert alone.startswith(f'ModelNet10: layout hdf5: {tmp_path / HDF5} lacks shape_names.txt')
    assert 'layout fps' not in alone


def test_names_are_left_out_where_no_list_tells_them(copied):
    root = copied('fps', 'hdf5')
    (root / RESAMPLED / 'modelnet40_train.txt').unlink()
    (root / HDF5 / 'ply_data_train_1_id2file.json').unlink()
    for layout in ('fps', 'hdf5'):
        dataset = ModelNet('train+test', layout=layout, data_root=root)
        assert dataset.info(0) == {'layout': layout}
        assert sorted(np.bincount(dataset.labels)) == [0] * 32 + [3] * 4


def test_files_without_normals_have_points(copied):
    root = copied('fps', 'hdf5')
    for path in (root / HDF5).glob('*.h5'):
        with h5py.File(path, 'a') as file:
            del file['normal']
    path = root / RESAMPLED / 'modelnet40_test_8192pts_fps.dat'
    clouds, labels = load_arrays(path)
    write_pickle(path, [[cloud[:, :3] for cloud in clouds], labels])
    for layout in ('fps', 'hdf5'):
        dataset = ModelNet('test', layout=layout, data_root=root)
        assert dataset.normals(2) is None
        assert dataset.points(2).shape == (STORED[layout], 3)
