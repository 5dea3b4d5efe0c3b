from __future__ import annotations

import fcntl
import subprocess
import sys
import zlib
from functools import partial

import h5py
import numpy as np
import pytest

from tests.datasets.layouts.writers_h5 import change_table, write_table
from tests.refusals import refused
from zoo.datasets.layouts.hdf5 import check_clouds, has_table, read_clouds, read_labels, read_table


@pytest.fixture
def path(tmp_path):
    generator = np.random.default_rng(0)
    return write_table(
        tmp_path / 'some.h5',
        data=generator.standard_normal((5, 20, 3)),
        label=np.arange(5, dtype=np.uint8)[:, None],
        mask=np.arange(100).reshape(5, 20),
    )


def failure(path, reason, action, *arguments):
    """Return the message of a refusal, which names the file and the way out."""
    message = refused(action, *arguments)
    assert message.startswith(f'{path}{reason}')
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


def test_what_is_no_file_is_named(path, tmp_path):
    failure(tmp_path / 'none.h5', ' is missing', read_clouds, tmp_path / 'none.h5')
    failure(tmp_path, ' cannot be read as HDF5', read_clouds, tmp_path)
    content = path.read_bytes()
    for share in (0, 0.01, 0.3, 0.6, 0.9, 0.99):
        path.write_bytes(content[: int(share * len(content))])
        failure(path, ' cannot be read as HDF5', read_clouds, path)
    path.write_text('data')
    for action in (read_clouds, has_table):
        failure(path, ' cannot be read as HDF5', action, path, 'data')


def test_a_damaged_compressed_file_is_named(path):
    with h5py.File(path, 'w') as file:
        file.create_dataset('data', data=np.random.default_rng(0).random((50, 200, 3)), compression='gzip')
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 200] = bytes(200)
    path.write_bytes(content)
    failure(path, '', read_clouds, path)


def test_an_absent_table_is_named_with_those_that_are_there(path):
    change_table(path, 'data', None)
    assert refused(read_clouds, path) == f"{path} has no table 'data', it has label, mask: fetch it again"
    with h5py.File(path, 'r+') as file:
        file.create_group('data')
    failure(path, " has no table 'data'", read_clouds, path)


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
    failure(path, f": table 'data' must be floats, 3 axes with 3 columns, not empty; it is {found}", read_clouds, path)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_counted_and_placed(path, value):
    data = np.ones((5, 20, 3), np.float32)
    data[2, 7, 1] = data[4, 0, 0] = value
    change_table(path, 'data', data)
    assert 'has NaN or infinity in 2 rows, the first is row 2' in failure(path, '', read_clouds, path)


def test_infinities_that_cancel_are_found():
    data = np.ones((2, 4, 3))
    data[1, 0, 0], data[1, 1, 0] = np.inf, -np.inf
    assert 'first is row 1' in failure('a.npy', '', check_clouds, data, 'a.npy')


def test_large_numbers_are_no_infinities():
    large = np.linspace(-3e38, 3e38, 24, dtype=np.float32).reshape(2, 4, 3)
    assert check_clouds(large, 'a.npy').max() < np.inf


@pytest.mark.parametrize(
    ('values', 'found'),
    [
        (np.arange(4), 'must be 5 labels, one an object, not int64 (4,)'),
        (np.array([1, 2, 3, 4, 1]), 'counts from 1 to 4, expected labels from 0 to 4'),
        (np.array([0, 1, 2, 3, 4], '>c8'), 'must be numbers'),
        (np.array([b'a'] * 5), 'must be numbers'),
        (np.array([0, 1, np.nan, 3, 4]), 'has NaN or infinity in 1 rows, the first is row 2'),
    ],
)
def test_wrong_labels_are_described(path, values, found):
    change_table(path, 'label', values)
    failure(path, f": table 'label' {found}", partial(read_labels, path, count=5, num_classes=5))


def test_a_file_that_cannot_be_locked_or_written_is_read(path):
    path.chmod(0o444)
    with path.open('rb') as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert read_clouds(path).shape == (5, 20, 3)


def outside(path, tmp_path):
    """Put tables into a file whose content lies elsewhere, under names that tell how."""
    secret = write_table(tmp_path / 'secret.h5', data=np.ones((5, 20, 3)))
    (tmp_path / 'secret').write_bytes(np.ones((5, 20, 3)).tobytes())
    layout = h5py.VirtualLayout(shape=(5, 20, 3), dtype='f8')
    layout[:] = h5py.VirtualSource(secret, 'data', shape=(5, 20, 3))
    with h5py.File(path, 'a') as file:
        file['soft'] = h5py.SoftLink('/external')
        file['external'] = h5py.ExternalLink(str(secret), '/data')
        file['gone'] = h5py.ExternalLink(str(tmp_path / 'none.h5'), '/data')
        file.create_dataset('storage', (5, 20, 3), 'f8', external=[(str(tmp_path / 'secret'), 0, 2400)])
        file.create_virtual_dataset('virtual', layout)
    return ('soft', 'external', 'gone'), ('storage', 'virtual')


def test_nothing_outside_of_the_file_is_read(path, tmp_path):
    links, stores = outside(path, tmp_path)
    for key in (*links, *stores):
        reason = 'is a link to another place' if key in links else 'takes its content from other files'
        for action in (read_clouds, has_table):
            failure(path, f': table {key!r} {reason}', action, path, key)


@pytest.mark.parametrize('dtype', [h5py.ref_dtype, h5py.regionref_dtype, h5py.vlen_dtype('f4'), h5py.string_dtype()])
def test_references_and_objects_are_no_numbers(path, dtype):
    with h5py.File(path, 'a') as file:
        file.create_dataset('odd', (5, 20, 3), dtype)
        file['type'] = np.dtype('f4')
    failure(path, ": table 'odd' must be floats", read_clouds, path, 'odd')
    failure(path, " has no table 'type'", read_clouds, path, 'type')


def bombs(path):
    """Write tables that take much more than the file; return their names."""
    bytes_of_zero = zlib.compress(bytes(1 << 30), 9)
    with h5py.File(path, 'w') as file:
        file.create_dataset('chunks', (1 << 20, 200, 3), 'f8', chunks=(1, 200, 3), fillvalue=0.5)
        file.create_dataset('never written', (1 << 20, 200, 3), 'f8')
        file.create_dataset('packed', (1 << 20, 200, 3), 'f8', chunks=(1, 200, 3), compression='gzip', shuffle=True)
        file.create_dataset('one chunk', (2, 200, 3), 'f8', maxshape=(None, 200, 3), chunks=(1 << 19, 200, 3))
        stream = file.create_dataset('stream', (1, 200, 3), 'f8', chunks=(1, 200, 3), compression='gzip')
        stream.id.write_direct_chunk((0, 0, 0), bytes_of_zero)
        for key, filters in (('twice', ['gzip', 'gzip']), ('both', ['gzip', 'lzf'])):
            pipeline = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            pipeline.set_chunk((1, 200, 3))
            for name in filters:
                pipeline.set_deflate(9) if name == 'gzip' else pipeline.set_filter(h5py.h5z.FILTER_LZF)
            space = h5py.h5s.create_simple((1, 200, 3))
            h5py.h5d.create(file.id, key.encode(), h5py.h5t.NATIVE_DOUBLE, space, pipeline)
        file.create_dataset('offset', (1, 200, 3), 'i4', chunks=(1, 200, 3), scaleoffset=0)
        return list(file)


@pytest.mark.slow
def test_no_table_takes_more_memory_than_its_file_can_hold(tmp_path):
    path = tmp_path / 'bomb.h5'
    keys = bombs(path)
    script = (
        'import json, resource, sys; from pathlib import Path; import h5py\n'
        'from zoo.datasets.layouts.hdf5 import read_table; from zoo.errors import UsageError\n'
        'used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()\n'
        'resource.setrlimit(resource.RLIMIT_AS, (used + (300 << 20),) * 2)\n'
        'for key in sys.argv[2:]:\n'
        '    try: print(read_table(sys.argv[1], key, ndim=3, kinds="iuf").shape)\n'
        '    except UsageError as error: print(error)\n'
    )
    command = [sys.executable, '-c', script, str(path), *keys]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    said = dict(zip(keys, lines, strict=True))
    for key in ('chunks', 'never written', 'packed', 'one chunk'):
        assert said[key].startswith(f'{path}: table {key!r} would take ')
    assert 'inflates to more than its 4,800 bytes' in said['stream']
    for key in ('twice', 'both', 'offset'):
        assert said[key] == f'{path}: table {key!r} is compressed otherwise than by gzip or lzf, once: fetch it again'


@pytest.mark.parametrize(
    'how', [{'compression': 'gzip'}, {'compression': 'lzf'}, {'fletcher32': True}, {'chunks': True}]
)
def test_tables_packed_in_the_usual_ways_are_read(path, how):
    data = np.random.default_rng(0).random((50, 20, 3), dtype=np.float32)
    with h5py.File(path, 'w') as file:
        file.create_dataset('data', data=data, shuffle=True, **how)
    assert np.array_equal(read_clouds(path), data)
