"""Broken files of every layout of ModelNet are named in one line."""

from __future__ import annotations

import shutil

import h5py
import numpy as np
import pytest

from tests.datasets.layouts.writers_modelnet import HDF5, RESAMPLED, write_modelnet, write_pickle
from zoo.datasets.layouts.modelnet import ModelNet
from zoo.datasets.unpickle import load_arrays
from zoo.errors import UsageError

LAYOUTS = ('normal_resampled', 'fps', 'hdf5', 'off')
KINDS = ('missing', 'truncated', 'shape', 'nan', 'label')
VICTIM = {
    'normal_resampled': f'{RESAMPLED}/chair/chair_0001.txt',
    'fps': f'{RESAMPLED}/modelnet40_train_8192pts_fps.dat',
    'hdf5': f'{HDF5}/ply_data_train1.h5',
    'off': 'ModelNet/ModelNet40/chair/train/chair_0001.off',
}


@pytest.fixture(scope='module')
def originals(tmp_path_factory):
    """A data root for every layout."""
    roots = {layout: tmp_path_factory.mktemp(layout) for layout in LAYOUTS}
    for layout, root in roots.items():
        write_modelnet(root, layout)
    return roots


@pytest.fixture
def copied(originals, tmp_path):
    """Return a function that copies a data root, so that a test may break it."""
    return lambda layout: shutil.copytree(originals[layout], tmp_path / 'data')


def read_all(**options):
    """Read every object."""
    dataset = ModelNet(**options)
    return dataset.__getitems__(range(len(dataset)))


def refused(**options):
    """Return the message with which the dataset, or a batch of all of it, is refused: one line."""
    with pytest.raises(UsageError) as error:
        read_all(**options)
    assert '\n' not in str(error.value)
    return str(error.value)


def damage_text(path, kind):
    if kind == 'label':
        path = path.parents[1] / 'modelnet40_train.txt'
        path.write_text(path.read_text().replace('chair_0001', 'zebra_0001'))
        return path.name, "names 'zebra_0001', expected objects of ModelNet40"
    lines = path.read_text().splitlines(keepends=True)
    if kind == 'shape':
        lines = [line.rpartition(',')[0] + '\n' for line in lines]
    elif kind == 'nan':
        lines[5000] = lines[5000].replace(lines[5000].split(',')[1], 'nan')
    path.write_text(''.join(lines))
    return path.name, {'shape': '10000 lines and 40000 commas', 'nan': 'NaN'}[kind]


def damage_fps(path, kind):
    clouds, labels = load_arrays(path)
    clouds = [cloud.copy() for cloud in clouds]
    if kind == 'shape':
        clouds[3] = clouds[3][:4000]
    elif kind == 'nan':
        clouds[3][7, 1] = np.nan
    else:
        labels[3] = np.array([40], np.int32)
    write_pickle(path, [clouds, labels])
    expected = {
        'shape': 'row 3 must be an array of floats of shape (8192, 6), not (4000, 6)',
        'nan': 'row 3 has NaN or infinity among its points',
        'label': 'has the label 40 in row 3, expected 0 to 39',
    }
    return path.name, expected[kind]


def damage_hdf5(path, kind):
    with h5py.File(path, 'a') as file:
        if kind == 'shape':
            cut = file['data'][:, :1000]
            del file['data']
            file['data'] = cut
        elif kind == 'nan':
            file['data'][2, 9, 0] = np.nan
        else:
            file['label'][1] = 40
    expected = {'shape': 'clouds of 2048 points, not 1000', 'nan': 'NaN', 'label': 'has the label 40 in row 1'}
    return path.name, expected[kind]


def damage_off(path, kind):
    text = path.read_text()
    if kind == 'label':
        path.rename(path.with_name('table_0001.off'))
        return 'table_0001.off', 'is not named chair_<number>.off'
    if kind == 'shape':
        path.write_text(text.replace('8 12 0', '9 12 0'))
        return path.name, 'cut off: 9 vertices and 12 faces are announced'
    path.write_text(text.replace('0.000000', 'nan', 1))
    return path.name, 'NaN'


def damage(root, layout, kind):
    """Break one file; returns its name, and what the message must say of it."""
    path = root / VICTIM[layout]
    if kind == 'missing':
        path.unlink()
        return path.name, 'is missing' if layout in ('hdf5', 'off') else 'lacks'
    if kind == 'truncated':
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return path.name, {
            'normal_resampled': 'cut off',
            'fps': 'cannot be read as a pickle of arrays',
            'hdf5': 'cannot be read as HDF5',
            'off': 'cut off',
        }[layout]
    return {'normal_resampled': damage_text, 'fps': damage_fps, 'hdf5': damage_hdf5, 'off': damage_off}[layout](
        path, kind
    )


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('layout', LAYOUTS)
def test_a_broken_file_is_named(copied, layout, kind):
    root = copied(layout)
    name, reason = damage(root, layout, kind)
    message = refused(layout=layout, data_root=root)
    assert name in message
    assert reason in message
    assert 'get ' in message or 'fetch it again' in message
    assert str(root) in message


@pytest.mark.parametrize('name', ['shape_names', 'train', 'test'])
def test_a_missing_list_of_the_text_files_is_named(copied, name):
    root = copied('normal_resampled')
    (root / RESAMPLED / f'modelnet40_{name}.txt').unlink()
    options = {'layout': 'normal_resampled', 'data_root': root, 'split': 'train+test'}
    assert f'{root / RESAMPLED} lacks modelnet40_{name}.txt: get https://' in refused(**options)


def test_broken_lists_are_named(copied):
    root = copied('normal_resampled')
    options = {'layout': 'normal_resampled', 'data_root': root}
    names, train = (root / RESAMPLED / f'modelnet40_{name}.txt' for name in ('shape_names', 'train'))
    good = names.read_text()
    for content in (good.replace('toilet', 'toile'), ''.join(reversed(good.splitlines(keepends=True))), ''):
        names.write_text(content)
        assert f'{names} must name the 40 classes' in refused(**options)
    names.write_text(good)
    for content, reason in (('', 'names nothing'), ('airplane\n', "names 'airplane'"), ('../x_1\n', "names '../x_1'")):
        train.write_text(content)
        assert f'{train} {reason}' in refused(**options)
    train.write_text('chair_/../../x\n')
    assert 'lacks 1 of 1 clouds, the first is chair/chair_/../../x.txt' in refused(**options)
    train.write_bytes(b'\xff\xfe')
    assert f'{train} cannot be read' in refused(**options)


def test_missing_clouds_are_counted_before_the_first_epoch(copied):
    root = copied('normal_resampled')
    for name in ('airplane/airplane_0002', 'chair/chair_0001'):
        (root / RESAMPLED / f'{name}.txt').unlink()
    shutil.rmtree(root / RESAMPLED / 'toilet')
    message = refused(layout='normal_resampled', data_root=root)
    assert f'{root / RESAMPLED} lacks 4 of 8 clouds, the first is airplane/airplane_0002.txt: get https://' in message


@pytest.mark.parametrize('edit', ['word', 'space', 'empty', 'line'])
def test_other_damage_of_a_text_file_is_named(copied, edit):
    root = copied('normal_resampled')
    path = root / VICTIM['normal_resampled']
    text = path.read_text()
    first = text.partition(',')[0]
    broken = {'word': text.replace(first, 'one', 1), 'space': text.replace(',', ' '), 'empty': '', 'line': text + text}
    path.write_text(broken[edit])
    message = refused(layout='normal_resampled', data_root=root)
    assert message.startswith(f'{path} must have ')
    assert 'x,y,z,nx,ny,nz' in message


def test_normals_are_checked_when_they_are_asked_for(copied):
    root = copied('normal_resampled')
    path = root / VICTIM['normal_resampled']
    line = path.read_text().splitlines()[3]
    path.write_text(path.read_text().replace(line, line.rpartition(',')[0] + ',nan'))
    dataset = ModelNet(layout='normal_resampled', data_root=root)
    assert np.isfinite(dataset.points(2)).all()
    with pytest.raises(UsageError, match=r'chair_0001\.txt has NaN or infinity among its normals'):
        dataset.normals(2)


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        ({'clouds': []}, 'must hold a list of clouds and a list of as many labels'),
        ([[], []], 'must hold a list of clouds'),
        ([[np.ones((8192, 6), np.float32)], []], 'must hold a list of clouds'),
        ([1, 2], 'must hold a list of clouds'),
        ([['chair'], [np.array([1])]], 'row 0 must be an array of floats of shape (8192, 6), not str'),
        ([[np.ones((8192, 6), np.int32)], [np.array([1])]], 'row 0 must be an array of floats'),
        ([[np.ones((8192, 4), np.float32)], [np.array([1])]], 'not (8192, 4)'),
        ([[np.ones((8192, 6), np.float32)], [np.array([1.5])]], 'row 0 has no whole number as its label'),
        ([[np.ones((8192, 6), np.float32)], [np.array([1, 2])]], 'row 0 has no whole number'),
        ([[np.ones((8192, 6), np.float32)], [np.array([-1])]], 'has the label -1 in row 0'),
        ([[np.ones((8192, 6), np.float32)], [np.array([1])]], 'are not of the same objects: fetch both again'),
        (eval, 'asks for builtins.eval, which is no part of an array: nothing of it was run'),
    ],
)
def test_strange_pickles_are_named(copied, content, reason):
    root = copied('fps')
    path = root / VICTIM['fps']
    write_pickle(path, content)
    if 'objects' not in reason:
        (root / RESAMPLED / 'modelnet40_train.txt').unlink()
    message = refused(layout='fps', data_root=root)
    assert message.startswith(str(path))
    assert reason in message


def test_broken_hdf5_folders_are_named(copied):
    root = copied('hdf5')
    folder = root / HDF5
    options = {'layout': 'hdf5', 'data_root': root}
    files, names = folder / 'train_files.txt', folder / 'ply_data_train_0_id2file.json'
    good_names, good_files = names.read_text(), files.read_text()
    for content in ('[]', '{}', '[1, 2, 3, 4]'):
        names.write_text(content)
        assert f'{names} must be a list of 4 files, one an object of ply_data_train0.h5' in refused(**options)
    names.write_text(good_names)
    files.write_text('')
    assert f'{files} names no file' in refused(**options)
    files.write_text('../../x.h5\n')
    assert f'{files} names x.h5, which is missing from the folder' in refused(**options)
    files.write_text(good_files)
    with h5py.File(folder / 'ply_data_train0.h5', 'a') as file:
        normals = file['normal'][:2]
        del file['normal']
        file['normal'] = normals
    dataset = ModelNet(**options)
    assert dataset.normals(1) is not None
    with pytest.raises(UsageError, match=r"ply_data_train0\.h5: table 'normal' does not fit the points"):
        dataset.normals(3)
    with h5py.File(folder / 'ply_data_train0.h5', 'a') as file:
        del file['label']
    assert "ply_data_train0.h5 has no table 'label'" in refused(**options)


def test_modelnet10_needs_objects_in_the_hdf5_files(tmp_path):
    write_modelnet(tmp_path, 'hdf5')
    with h5py.File(tmp_path / HDF5 / 'ply_data_test0.h5', 'a') as file:
        file['label'][:] = 0
    message = refused(split='test', num_classes=10, layout='hdf5', data_root=tmp_path)
    assert message.endswith('modelnet40_ply_hdf5_2048 has no object of the 10 classes')


def test_gaps_in_the_numbers_of_the_meshes_are_missing_files(tmp_path):
    write_modelnet(tmp_path, 'off', 10, train=3, test=3)
    folder = tmp_path / 'ModelNet' / 'ModelNet10' / 'sofa'

    def attempt(split, *lost):
        hidden = [folder / name for name in lost]
        contents = [path.read_text() for path in hidden]
        for path in hidden:
            path.unlink()
        try:
            return refused(split=split, num_classes=10, layout='off', data_root=tmp_path)
        finally:
            for path, content in zip(hidden, contents, strict=True):
                path.write_text(content)

    for split in ('train', 'train+test'):
        assert f'{folder}/train/sofa_0002.off is missing' in attempt(split, 'train/sofa_0002.off')
        assert f'{folder}/train or test/sofa_0003.off is missing' in attempt(split, 'train/sofa_0003.off')
    assert f'{folder}/test/sofa_0005.off is missing' in attempt('test', 'test/sofa_0005.off')
    assert f'{folder}/train or test/sofa_0004.off is missing' in attempt('test', 'test/sofa_0004.off')
    everything = [f'test/sofa_000{number}.off' for number in (4, 5, 6)]
    assert f'{folder}/test holds no sofa_<number>.off' in attempt('test', *everything)
    (folder / 'train' / 'sofa_0002.off').unlink()
    assert len(ModelNet('test', num_classes=10, layout='off', data_root=tmp_path)) == 30  # the other split is whole


def test_missing_and_strange_classes_among_the_meshes_are_named(copied):
    root = copied('off')
    folder = root / 'ModelNet' / 'ModelNet40'
    (folder / 'zebra' / 'train').mkdir(parents=True)
    assert refused(layout='off', data_root=root).startswith(f'{folder / "zebra"} is no class of ModelNet40')
    shutil.rmtree(folder / 'zebra')
    (folder / '__MACOSX').mkdir()
    assert len(ModelNet(layout='off', data_root=root)) == 80
    shutil.rmtree(folder / 'tent')
    assert f'{folder} lacks tent/train: get http' in refused(layout='off', data_root=root)


def test_the_test_meshes_alone_are_read(copied):
    root = copied('off')
    for folder in (root / 'ModelNet' / 'ModelNet40').iterdir():
        shutil.rmtree(folder / 'train')
    assert len(ModelNet('test', layout='off', data_root=root)) == 40
