from __future__ import annotations

import numpy as np
import pytest

from zoo.datasets.storage import Archive, content_hash, read_json, resolve
from zoo.errors import UsageError


def test_relative_paths_are_below_the_data_root(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path / 'here'))
    assert resolve('set/points.npz') == tmp_path / 'here' / 'set' / 'points.npz'
    assert resolve(tmp_path / 'points.npz') == tmp_path / 'points.npz'


def test_the_hash_sees_values_types_shapes_order_and_texts():
    values = np.arange(6, dtype=np.int32)
    parts = [
        (values,),
        (values + 1,),
        (values.astype(np.int64),),
        (values.view(np.float32),),
        (values.reshape(2, 3),),
        (values, 'a'),
        ('a', values),
        ('ab',),
        ('a', 'b'),
    ]
    assert len({content_hash(*part) for part in parts}) == len(parts)
    assert content_hash(values[::2]) == content_hash(values[::2].copy())
    assert content_hash(np.zeros((0, 3))) == content_hash(np.zeros((0, 3)))


def test_missing_files_say_where_they_were_looked_for(tmp_path):
    for read in (Archive, read_json):
        with pytest.raises(UsageError, match=f'{tmp_path}/none.* is missing: .*ZOO_DATA'):
            read(tmp_path / 'none')


def test_damaged_files_are_usage_errors(tmp_path):
    path = tmp_path / 'bad'
    path.write_bytes(b'not an archive {')
    with pytest.raises(UsageError, match=r'bad is not a readable \.npz'):
        Archive(path)
    with pytest.raises(UsageError, match='bad cannot be read as JSON'):
        read_json(path)
    np.save(tmp_path / 'single.npy', np.zeros(3))
    with pytest.raises(UsageError, match=r'single\.npy is not a readable \.npz'):
        Archive(tmp_path / 'single.npy')


def test_a_cut_archive_names_file_or_array(tmp_path):
    whole = tmp_path / 'whole.npz'
    np.savez_compressed(whole, a=np.random.default_rng(0).random(5000))
    data = bytearray(whole.read_bytes())
    data[2000:2100] = bytes(100)
    whole.write_bytes(data)
    with pytest.raises(UsageError, match=r"whole\.npz: array 'a' cannot be read"):
        Archive(whole).array('a')
    whole.write_bytes(data[:-50])
    with pytest.raises(UsageError, match=r'whole\.npz'):
        Archive(whole)


def test_unknown_keys_list_what_there_is(tmp_path):
    np.savez(tmp_path / 'x.npz', a=np.zeros(1), b=np.zeros(1))
    with pytest.raises(UsageError, match=r"x\.npz has no array 'c'; it has a, b"):
        Archive(tmp_path / 'x.npz').array('c')


def test_pickles_are_refused(tmp_path):
    np.savez(tmp_path / 'x.npz', a=np.array([{'a': 1}], dtype=object))
    with pytest.raises(UsageError, match=r'x\.npz is not a readable .* pickled objects'):
        Archive(tmp_path / 'x.npz').array('a')
