"""Files of numpy whose headers lie."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
import pytest

from tests.shared import read_in_little_memory
from zoo.arrays import load_npy, load_npz


def header(text, version=1):
    """An .npy header of any content, without data."""
    data = text.encode() + b'\n'
    return b'\x93NUMPY' + bytes([version, 0]) + struct.pack('<H' if version == 1 else '<I', len(data)) + data


def claim(shape, dtype='<f8', version=1):
    return header(f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}}}", version)


LIES = {
    'terabytes': claim((10**12,)),
    'gigabytes': claim((1 << 28,)),
    'product': claim((1 << 31, 1 << 31)),
    'beyond 64 bits': claim((1 << 40, 1 << 40)),
    'long texts': claim((10,), '<U500000000'),
    'other version': claim((1 << 28,), version=2),
    'unknown version': claim((1,), version=3),
    'negative': claim((-1,)),
    'negative twice': claim((-(1 << 20), -(1 << 20))),
    'one byte too many': claim((2,)) + bytes(15),
    'objects': claim((1,), '|O') + bytes(8),
    'deep': header('(' * 9000),
    'long': header('{' + ' ' * 60_000 + '}'),
    'no mapping': header('[1, 2]'),
    'code': header('__import__("os").system("true")'),
    'no magic': b'hello' * 20,
    'cut': b'\x93NUM',
    'empty': b'',
    'header alone': claim((1,))[:30],
}


@pytest.mark.parametrize('name', LIES)
def test_lies_are_refused(tmp_path, name):
    (tmp_path / 'a.npy').write_bytes(LIES[name])
    for source in (tmp_path / 'a.npy', str(tmp_path / 'a.npy'), io.BytesIO(LIES[name])):
        with pytest.raises((ValueError, EOFError)):
            load_npy(source)
    with zipfile.ZipFile(tmp_path / 'a.npz', 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('good.npy', npy(np.arange(3)))
        archive.writestr('bad.npy', LIES[name])
    with pytest.raises((ValueError, EOFError)):
        load_npz(tmp_path / 'a.npz')


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    'array',
    [
        np.arange(6.0).reshape(2, 3),
        np.zeros((0, 3)),
        np.array('text'),
        np.asfortranarray(np.eye(3)),
        np.zeros((5, 0, 2)),
    ],
)
def test_what_was_written_is_read(tmp_path, array):
    np.save(tmp_path / 'a.npy', array)
    np.savez_compressed(tmp_path / 'a.npz', a=array, zeros=np.zeros(1 << 20))
    with load_npz(tmp_path / 'a.npz') as archive:
        for found in (load_npy(tmp_path / 'a.npy'), archive['a']):
            np.testing.assert_array_equal(found, array)
            assert found.dtype == array.dtype
        assert not archive['zeros'].any()


def test_an_archive_is_no_array_and_the_other_way_round(tmp_path):
    np.save(tmp_path / 'a.npy', np.eye(2))
    np.savez(tmp_path / 'a.npz', a=np.eye(2))
    with pytest.raises(ValueError, match='magic'):
        load_npy(tmp_path / 'a.npz')
    with pytest.raises(ValueError, match='no archive'):
        load_npz(tmp_path / 'a.npy')


def test_a_directory_that_claims_more_than_deflate_can_pack(tmp_path):
    with zipfile.ZipFile(tmp_path / 'a.npz', 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('a.npy', claim((1 << 28,)) + bytes(100))
    content = (tmp_path / 'a.npz').read_bytes()
    place = content.index(b'PK\x01\x02') + 24  # the unpacked size in the directory
    lying = content[:place] + struct.pack('<I', 0xFFFFFFF0) + content[place + 4 :]
    (tmp_path / 'a.npz').write_bytes(lying)
    with pytest.raises(ValueError, match='claims 4294967280 bytes of'):
        load_npz(tmp_path / 'a.npz')


@pytest.mark.parametrize(('reader', 'suffix'), [('load_npy', 'npy'), ('load_npz', 'npz')])
def test_lies_take_no_memory(tmp_path, reader, suffix):
    """The claims are 2 GB and 8 TB."""
    paths = [tmp_path / f'{name}.{suffix}' for name in ('terabytes', 'gigabytes')]
    for path in paths:
        path.write_bytes(LIES[path.stem])
        if suffix == 'npz':
            with zipfile.ZipFile(path, 'w') as archive:
                archive.writestr('a.npy', LIES[path.stem])
    assert all('claims' in line for line in read_in_little_memory(f'zoo.arrays.{reader}', paths, 1 << 29))
