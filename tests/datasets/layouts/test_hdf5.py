from __future__ import annotations

import fcntl

import h5py
import numpy as np
import pytest

from tests.datasets.layouts.writers_h5 import change_table, write_table
from zoo.datasets.layouts.hdf5 import check_clouds, check_labels, has_table, read_clouds, read_labels, read_table
from zoo.errors import UsageError


@pytest.fixture
def path(tmp_path):
    generator = np.random.default_rng(0)
    return write_table(
        tmp_path / 'some.h5',
        data=generator.standard_normal((5, 20, 3)),
        label=np.arange(5, dtype=np.uint8)[:, None],
        mask=np.arange(100).reshape(5, 20),
    )


def refused(action, path):
    """Return the message of a refusal: one line that names the file and the way out."""
    with pytest.raises(UsageError) as error:
        action()
    message = str(error.value)
    assert '\n' not in message
    assert message.startswith(str(path))
    assert message.endswith('fetch it again')
    return message


def test_tables_are_what_the_file_holds(path):
    with h5py.File(path) as file:
        stored = {key: file[key][()] for key in file}
    assert np.array_equal(read_clouds(path), stored['data'].astype(np.float32))
    assert read_clouds(path).dtype == np.float32
    labels = read_labels(path, count=5, num_classes=5)
    assert labels.dtype == np.int64
    assert labels.tolist() == [0, 1, 2, 3, 4]
    mask = read_table(path, 'mask', ndim=2, kinds='iu')
    assert np.array_equal(mask, stored['mask'])
    assert mask.dtype == stored['mask'].dtype
    assert has_table(path, 'mask')
    assert not has_table(path, 'part')


@pytest.mark.parametrize('dtype', ['u1', 'i4', 'i8', 'f4', '>i2'])
@pytest.mark.parametrize('column', [False, True])
def test_labels_of_any_numbers_are_read(path, dtype, column):
    values = np.array([4, 0, 3, 1, 2], dtype=dtype)
    change_table(path, 'label', values[:, None] if column else values)
    assert read_labels(path, count=5, num_classes=5).tolist() == [4, 0, 3, 1, 2]


def test_what_is_no_file_is_named(path, tmp_path):
    refused(lambda: read_clouds(tmp_path / 'none.h5'), f'{tmp_path / "none.h5"} is missing')
    refused(lambda: read_clouds(tmp_path), f'{tmp_path} cannot be read as HDF5')
    path.write_text('data')
    for action in (lambda: read_clouds(path), lambda: has_table(path, 'data')):
        refused(action, f'{path} cannot be read as HDF5')


def test_a_truncated_file_is_named_at_any_length(path):
    content = path.read_bytes()
    for share in (0, 0.01, 0.3, 0.6, 0.9, 0.99):
        path.write_bytes(content[: int(share * len(content))])
        refused(lambda: read_clouds(path), f'{path} cannot be read as HDF5')


def test_a_truncated_compressed_file_is_named(path):
    with h5py.File(path, 'w') as file:
        file.create_dataset('data', data=np.random.default_rng(0).random((50, 200, 3)), compression='gzip')
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 200] = bytes(200)
    path.write_bytes(content)
    refused(lambda: read_clouds(path), f'{path} cannot be read as HDF5')


def test_an_absent_table_is_named_with_those_that_are_there(path):
    change_table(path, 'data', None)
    assert refused(lambda: read_clouds(path), path) == (
        f"{path} has no table 'data', it has label, mask: fetch it again"
    )
    with h5py.File(path, 'r+') as file:
        file.create_group('data')
    refused(lambda: read_clouds(path), f"{path} has no table 'data'")


@pytest.mark.parametrize(
    ('values', 'found'),
    [
        (np.zeros((5, 60), np.float32), r'float32 (5, 60)'),
        (np.zeros((5, 20, 4), np.float32), r'float32 (5, 20, 4)'),
        (np.zeros((5, 20, 3), np.int32), r'int32 (5, 20, 3)'),
        (np.zeros((0, 20, 3), np.float32), r'float32 (0, 20, 3)'),
        (np.zeros((5, 0, 3), np.float32), r'float32 (5, 0, 3)'),
        (np.zeros((5, 20, 3), 'S4'), r'|S4 (5, 20, 3)'),
        (h5py.Empty('f4'), 'float32 ()'),
    ],
)
def test_a_wrong_shape_or_type_is_described(path, values, found):
    change_table(path, 'data', values)
    message = refused(lambda: read_clouds(path), f"{path}: table 'data'")
    assert f'must be floats, 3 axes with 3 columns, not empty; it is {found}' in message


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_counted_and_placed(path, value):
    data = np.ones((5, 20, 3), np.float32)
    data[2, 7, 1] = data[4, 0, 0] = value
    change_table(path, 'data', data)
    assert 'has NaN or infinity in 2 rows, the first is row 2' in refused(lambda: read_clouds(path), path)


def test_infinities_that_cancel_are_found():
    data = np.ones((2, 4, 3))
    data[1, 0, 0], data[1, 1, 0] = np.inf, -np.inf
    assert 'first is row 1' in refused(lambda: check_clouds(data, 'a.npy'), 'a.npy')


def test_large_numbers_are_no_infinities():
    assert check_clouds(np.full((2, 4, 3), 3e38, np.float32), 'a.npy').max() < np.inf


@pytest.mark.parametrize(
    ('values', 'found'),
    [
        (np.arange(4), 'must be 5 labels, one an object, not int64 (4,)'),
        (np.zeros((5, 2), int), 'must be 5 labels, one an object, not int64 (5, 2)'),
        (np.array([0, 1, 5, 2, 3]), 'has the label 5 in row 2, expected 0 to 4'),
        (np.array([0, -1, 5, 2, 3], np.int8), 'has the label -1 in row 1, expected 0 to 4'),
        (np.array([0, 1, 2, 3, 0.5]), 'has the label 0.5 in row 4, expected 0 to 4'),
        (np.array([0, 1, 2, 3, 4], '>c8'), 'must be numbers'),
        (np.array([b'a'] * 5), 'must be numbers'),
        (np.array([0, 1, np.nan, 3, 4]), 'has NaN or infinity in 1 rows, the first is row 2'),
    ],
)
def test_wrong_labels_are_described(path, values, found):
    change_table(path, 'label', values)
    assert found in refused(lambda: read_labels(path, count=5, num_classes=5), f"{path}: table 'label'")


def test_labels_of_other_files_are_checked_alike():
    assert check_labels(np.array([[1], [0]]), 'label.npy', count=2, num_classes=2).tolist() == [1, 0]
    refused(lambda: check_labels(np.array(['a', 'b']), 'label.npy', count=2, num_classes=2), 'label.npy must be 2')
    refused(lambda: check_labels(np.array([np.nan, 0]), 'label.npy', count=2, num_classes=2), 'label.npy has the label')


def test_a_file_that_cannot_be_locked_or_written_is_read(path):
    path.chmod(0o444)
    with path.open('rb') as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert read_clouds(path).shape == (5, 20, 3)
