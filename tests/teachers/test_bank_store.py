from __future__ import annotations

import pytest
import torch

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


def test_damage_is_reported_and_the_file_not_used(store):
    store.finish(TENSORS)
    content = store.path.read_bytes()
    store.path.write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
    with pytest.warns(UserWarning, match='computed again'):
        assert store.read() is None
