from __future__ import annotations

import errno
import os
import warnings

import pytest
import torch

from zoo.errors import UsageError
from zoo.teachers.bank_store import BankStore, make_key

TENSORS = {'features': torch.randn(3, 2, 4).half(), 'rows': torch.arange(3)}


@pytest.fixture
def store(tmp_path):
    return BankStore(tmp_path, 'Teacher', make_key({'a': 1}))


def test_keys_follow_the_content_and_not_the_order():
    assert make_key({'a': 1, 'b': [1, 2]}) == make_key({'b': [1, 2], 'a': 1})
    keys = {make_key(parts) for parts in ({'a': 1}, {'a': 2}, {'b': 1}, {'a': '1'}, {'a': [1]}, {'a': None})}
    assert len(keys) == 6


def test_what_is_written_is_read(store):
    assert store.read() is None
    store.write_part(0, 2, torch.ones(2, 4).half())
    assert torch.equal(store.read_part(0, 2), torch.ones(2, 4).half())
    assert store.read_part(2, 4) is None
    store.finish(TENSORS)
    found = store.read()
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)
    assert not store.parts.exists()
    assert [path.name for path in store.path.parent.iterdir()] == [store.path.name]


@pytest.mark.parametrize(
    'damage',
    [
        lambda content, other: content[:-5],
        lambda content, other: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:],
        lambda content, other: b'',
        lambda content, other: other,
    ],
    ids=['truncated', 'flipped', 'empty', 'of another key'],
)
def test_damage_is_reported_and_the_file_not_used(store, damage):
    store.finish(TENSORS)
    other = BankStore(store.path.parent, 'Teacher', make_key({'a': 2}))
    other.finish(TENSORS)
    store.path.write_bytes(damage(store.path.read_bytes(), other.path.read_bytes()))
    with pytest.warns(UserWarning, match='computed again'):
        assert store.read() is None


def test_a_failed_write_leaves_the_old_file(store, monkeypatch):
    store.finish(TENSORS)

    def fail(descriptor):
        raise OSError(errno.ENOSPC, 'disk full')

    monkeypatch.setattr(os, 'fsync', fail)
    with pytest.raises(UsageError, match=r'disk full.*make room'):
        store.finish({'features': torch.zeros(1)})
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert torch.equal(store.read()['features'], TENSORS['features'])
    assert not list(store.parts.parent.rglob('.*'))


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / 'file').write_text('')
    with (
        pytest.raises(UsageError, match=r'cannot be written .* set ZOO_HOME or cache_dir'),
        BankStore(tmp_path / 'file' / 'below', 'Teacher', 'k').lock(),
    ):
        pass
