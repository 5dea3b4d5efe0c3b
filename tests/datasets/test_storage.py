from __future__ import annotations

import re

import numpy as np

from tests.refusals import refused
from zoo.datasets.storage import Archive, content_hash, read_json, resolve


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
        assert re.search(f'{tmp_path}/none.* is missing: .*ZOO_DATA', refused(read, tmp_path / 'none'))


def test_damaged_files_are_usage_errors(tmp_path):
    path = tmp_path / 'bad'
    path.write_bytes(b'not an archive {')
    assert 'bad is not a readable .npz' in refused(Archive, path)
    assert 'bad cannot be read as JSON' in refused(read_json, path)
    np.save(tmp_path / 'single.npy', np.zeros(3))
    assert 'single.npy is not a readable .npz' in refused(Archive, tmp_path / 'single.npy')


def test_a_cut_archive_names_file_or_array(tmp_path):
    whole = tmp_path / 'whole.npz'
    np.savez_compressed(whole, a=np.random.default_rng(0).random(5000))
    data = bytearray(whole.read_bytes())
    data[2000:2100] = bytes(100)
    whole.write_bytes(data)
    assert "whole.npz: array 'a' cannot be read" in refused(Archive(whole).array, 'a')
    whole.write_bytes(data[:-50])
    assert 'whole.npz' in refused(Archive, whole)


def test_unknown_keys_list_what_there_is_and_pickles_are_refused(tmp_path):
    np.savez(tmp_path / 'x.npz', a=np.zeros(1), b=np.zeros(1))
    assert "x.npz has no array 'c'; it has a, b" in refused(Archive(tmp_path / 'x.npz').array, 'c')
    np.savez(tmp_path / 'x.npz', a=np.array([{'a': 1}], dtype=object))
    assert re.search(r'x\.npz is not a readable .* pickled objects', refused(Archive, tmp_path / 'x.npz'))
