from __future__ import annotations

import contextlib
import warnings

import numpy as np
import pytest

from zoo.datasets.prepared.arrays import RowsFile, discard, map_array, sweep


@pytest.mark.parametrize('shape', [(5, 2, 3), (5,), (0, 4), (5, 0)])
@pytest.mark.parametrize('dtype', ['float32', 'float16', 'int64', 'uint8'])
def test_a_file_written_by_rows_is_what_numpy_writes(tmp_path, shape, dtype):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    with RowsFile(tmp_path / 'rows.npy', shape, array.dtype) as file:
        file.append(array[:3])
        file.append(array[3:].astype(float))
    np.save(tmp_path / 'whole.npy', array)
    assert (tmp_path / 'rows.npy').read_bytes() == (tmp_path / 'whole.npy').read_bytes()
    mapped = map_array(tmp_path / 'rows.npy', shape, np.dtype(dtype))
    assert np.array_equal(mapped, array)
    assert isinstance(mapped, np.memmap) == bool(array.size)


def test_an_array_of_another_form_is_refused(tmp_path):
    np.save(tmp_path / 'a.npy', np.zeros((3, 2)))
    for shape, dtype in (((2, 3), 'f8'), ((3, 2), 'f4')):
        with pytest.raises(ValueError, match=r'a\.npy holds float64 \(3, 2\)'):
            map_array(tmp_path / 'a.npy', shape, np.dtype(dtype))


def test_an_error_goes_through_a_half_written_file(tmp_path):
    with pytest.raises(KeyError), RowsFile(tmp_path / 'a.npy', (3,), np.dtype('u1')):
        raise KeyError
    with pytest.raises(ValueError):
        map_array(tmp_path / 'a.npy', (3,), np.dtype('u1'))


def test_a_folder_goes_as_a_whole_and_leftovers_later(tmp_path):
    (tmp_path / 'a' / 'b').mkdir(parents=True)
    (tmp_path / 'a.x7.tmp' / 'b').mkdir(parents=True)
    (tmp_path / 'aa').mkdir()
    discard(tmp_path / 'a')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['a.x7.tmp', 'aa']
    discard(tmp_path / 'a')
    sweep(tmp_path / 'a')
    assert [path.name for path in tmp_path.iterdir()] == ['aa']


def test_a_flip_anywhere_in_a_header_is_a_value_error(tmp_path):
    path, shape, dtype = tmp_path / 'a.npy', (3, 2), np.dtype('f8')
    np.save(path, np.zeros(shape))
    whole = path.read_bytes()
    for place in range(whole.index(b'\n') + 1):
        for bit in range(8):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            with warnings.catch_warnings(), contextlib.suppress(ValueError, EOFError):
                warnings.simplefilter('ignore')
                map_array(path, shape, dtype)  # what it holds is for digests to tell
