from __future__ import annotations

import sys

import pytest

from benchmarks.user_code import address, load
from zoo.errors import UsageError


def test_a_file_is_run_once_with_its_folder_on_the_path_and_found_by_its_address(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, 'path', list(sys.path))
    (tmp_path / 'neighbor_of_mine.py').write_text('class Outer:\n    class Inner: pass\n')
    (tmp_path / 'mine.py').write_text('from neighbor_of_mine import Outer\ndef own(): pass\n')
    own = load(f'{tmp_path}/mine.py:own')
    assert load(f'{tmp_path}/mine.py:own') is own
    assert load(address(own)) is own
    inner = load(f'{tmp_path}/mine.py:Outer.Inner')
    assert address(inner) == 'neighbor_of_mine:Outer.Inner'
    assert load(address(inner)) is inner


def test_what_fails_is_named_and_run_again(tmp_path):
    path = tmp_path / 'broken.py'
    path.write_text('1 / 0')
    for _ in range(2):
        with pytest.raises(UsageError, match=r'broken\.py cannot be imported: ZeroDivisionError'):
            load(f'{path}:name')
    with pytest.raises(UsageError, match='names no code'):
        load('name')
