from __future__ import annotations

import io
import shutil

import h5py
import numpy as np
import pytest

from tests.datasets.layouts.writers_h5 import change_table
from tests.datasets.samples import FIFTEEN
from tests.refusals import refused
from zoo.datasets.captions import readable
from zoo.datasets.layouts.modelnet_c import ModelNet40C, ModelNetC

SEVEN = {name: name for name in ('scale', 'jitter', 'rotate', 'add_global', 'add_local')}
SEVEN |= {'drop_global': 'dropout_global', 'drop_local': 'dropout_local'}
"""Names of the paper, and those of the files."""


def content(root, kind, file_name, severity):
    """Return the official file of a corruption, its clouds and labels."""
    if kind is ModelNetC:
        path = root / 'modelnet_c' / f'{file_name}_{severity - 1}.h5'
        with h5py.File(path) as file:
            return path, file['data'][()].astype(np.float32), file['label'][()]
    path = root / 'modelnet40_c' / f'data_{file_name}_{severity}.npy'
    return path, np.load(path), np.load(path.with_name('label.npy'))


@pytest.mark.parametrize(
    ('kind', 'name', 'file_name'),
    [*((ModelNetC, *names) for names in SEVEN.items()), *((ModelNet40C, *names) for names in FIFTEEN.items())],
)
@pytest.mark.parametrize('severity', [1, 5])
def test_objects_are_what_the_file_holds(original, kind, name, file_name, severity):
    root = original(kind.__name__)
    path, data, label = content(root, kind, file_name, severity)
    for asked in {name, file_name}:
        dataset = kind(asked, severity, data_root=root)
        assert np.array_equal(dataset.gather_points(np.arange(8)), data)
        assert dataset.labels.tolist() == label[:, 0].tolist()
        assert dataset.source(6) == f'{path} row 6'
        assert dataset.info(6)['corruption'] == file_name


def test_the_sets_without_corruption_have_no_severity(original):
    clean = ModelNetC('clean', data_root=original('ModelNetC'))
    assert clean.source(0) == f'{original("ModelNetC") / "modelnet_c" / "clean.h5"} row 0'
    path = original('ModelNet40C') / 'modelnet40_c' / 'data_original.npy'
    other = ModelNet40C('clean', data_root=original('ModelNet40C'))
    assert other.source(0) == f'{path} row 0'
    assert 'no severity' in refused(ModelNetC, 'clean', 1, data_root=original('ModelNetC'))
    assert other.classes == clean.classes
    assert (len(clean.classes), clean.classes[0], clean.classes[35]) == (40, 'airplane', 'toilet')
    assert list(clean.classes) == sorted(clean.classes) == [readable(name) for name in clean.classes]


def test_the_other_name_of_the_folder_is_found(copied):
    root = copied('ModelNetC')
    (root / 'modelnet_c').rename(root / 'pointcloud_c')
    assert 'pointcloud_c' in ModelNetC('jitter', 3, data_root=root).source(0)


@pytest.mark.parametrize(
    ('kind', 'corruption', 'severity', 'expected'),
    [
        (ModelNetC, 'rotate', 0, "severity 0 of 'rotate' must be 1 to 5, where the files count from 0 to 4"),
        (ModelNetC, 'rotate', 6, 'must be 1 to 5'),
        (ModelNetC, 'rotate', None, 'must be 1 to 5'),
        (ModelNet40C, 'shear', 0, "severity 0 of 'shear' must be 1 to 5"),
    ],
)
def test_other_severities_are_usage_errors(original, kind, corruption, severity, expected):
    assert expected in refused(kind, corruption, severity, data_root=original(kind.__name__))


@pytest.mark.parametrize(
    ('kind', 'arguments', 'name'),
    [
        (ModelNetC, ('jitter', 2), 'modelnet_c/jitter_1.h5'),
        (ModelNetC, ('clean',), 'modelnet_c/clean.h5'),
        (ModelNet40C, ('lidar', 5), 'modelnet40_c/data_lidar_5.npy'),
        (ModelNet40C, ('lidar', 5), 'modelnet40_c/label.npy'),
    ],
)
def test_an_absent_file_is_named_alone(copied, kind, arguments, name):
    root = copied(kind.__name__)
    path = root / name
    path.unlink()
    message = refused(kind, *arguments, data_root=root)
    assert message.startswith(f'{kind.__name__}: {path.parent} lacks {path.name}: ')
    shutil.rmtree(path.parent)
    assert f'{path.parent} lacks ' in refused(kind, *arguments, data_root=root)


@pytest.mark.parametrize('kind', [ModelNetC, ModelNet40C])
def test_damaged_files_are_named(copied, kind):
    root = copied(kind.__name__)
    name = 'rotate' if kind is ModelNetC else 'shear'
    path, data, label = content(root, kind, name, 1)
    places = (f"{path}: table 'data' ", f"{path}: table 'label' ")
    if kind is ModelNet40C:
        places = (f'{path} ', f'{path.with_name("label.npy")} ')
    number = np.arange(8)
    for new, labels, words in (
        (data.astype(np.int32), label, 'must be floats, 3 axes with 3 columns'),
        (
            np.where(number[:, None, None] == 5, np.nan, data),
            label,
            'has NaN or infinity in 1 rows, the first is row 5',
        ),
        (data, np.where(number[:, None] == 3, 40, label), 'has the label 40 in row 3, expected 0 to 39'),
        (data, label[:-1], 'must be 8 labels, one an object'),
    ):
        if kind is ModelNetC:
            change_table(path, 'data', new)
            change_table(path, 'label', labels)
        else:
            np.save(path, new)
            np.save(path.with_name('label.npy'), labels)
        message = refused(kind, name, 1, data_root=root)
        assert message.startswith(f'{places["label" in words]}{words}')


@pytest.mark.parametrize('name', ['data_shear_1.npy', 'label.npy'])
def test_no_array_is_named(copied, name):
    root = copied('ModelNet40C')
    path = root / 'modelnet40_c' / name
    archive, pickled = io.BytesIO(), io.BytesIO()
    np.savez(archive, a=np.zeros(3))
    np.save(pickled, np.array([{'a': 1}], dtype=object), allow_pickle=True)
    for content in (path.read_bytes()[:-3], b'', pickled.getvalue(), archive.getvalue()):
        path.write_bytes(content)
        message = refused(ModelNet40C, 'shear', 1, data_root=root)
        assert message.startswith(f'{path} cannot be read as an array')
