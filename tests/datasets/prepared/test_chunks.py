from __future__ import annotations

import fcntl
import os
import signal

import numpy as np
import pytest

from zoo.datasets.prepared.chunks import chunk_path, fill, help_out, read_chunk, stored, write_chunk

SIZES = {0: 5, 5: 5, 10: 2}


def make(start):
    return {'values': np.arange(start, start + SIZES[start]), 'names': np.array([f'n{start}'])}


@pytest.fixture
def sigint():
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)


def test_what_another_process_is_making_is_left_to_it(tmp_path):
    made = []
    with (tmp_path / f'{chunk_path(tmp_path, 5).name}.claim').open('ab') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        steps = fill(tmp_path, SIZES, lambda start: made.append(start) or make(start))
        for count in steps:
            if count == 7:
                break
        next(steps)  # it waits
        assert sorted(made) == [0, 10]
    assert list(steps)[-1] == 12, 'its owner has died, so somebody else makes it'
    assert sorted(made) == [0, 5, 10]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        chunk_path(tmp_path, start).name for start in SIZES
    )


def test_a_chunk_that_another_process_finishes_is_waited_for(tmp_path):
    with (tmp_path / f'{chunk_path(tmp_path, 5).name}.claim').open('ab') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        steps = fill(tmp_path, {5: 5}, lambda start: pytest.fail('made twice'))
        assert next(steps) == 0
        write_chunk(tmp_path, 5, make(5))
        assert list(steps)[-1] == 5


def test_a_chunk_that_is_not_whole_is_none(tmp_path):
    assert read_chunk(tmp_path, 0) is None
    write_chunk(tmp_path, 0, make(0))
    path = chunk_path(tmp_path, 0)
    whole = path.read_bytes()
    assert read_chunk(tmp_path, 0, ['values', 'others']) is None
    for content in (b'', b'x', whole[:-30], whole[:40] + b'\0' + whole[41:]):
        path.write_bytes(content)
        found = read_chunk(tmp_path, 0)
        assert found is None or found['values'].tolist() == [0, 1, 2, 3, 4]
    flipped = bytearray(whole)
    flipped[whole.index(np.arange(5).tobytes()) + 8] ^= 1
    path.write_bytes(flipped)
    assert read_chunk(tmp_path, 0) is None


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    chunk_path(tmp_path, 0).mkdir()
    with pytest.raises(OSError):
        write_chunk(tmp_path, 0, make(0))
    assert [path.name for path in tmp_path.iterdir()] == ['00000000.npz']
    with pytest.raises(FileNotFoundError):
        write_chunk(tmp_path / 'gone', 0, make(0))


def test_a_helper_ends_when_all_is_done_or_gone_or_nobody_waits(tmp_path, sigint):
    parent = os.getppid()
    assert help_out(lambda: fill(tmp_path, SIZES, make), parent) == 0
    assert stored(tmp_path, SIZES) == 12
    assert help_out(lambda: fill(tmp_path / 'gone', SIZES, make), parent) == 0
    (tmp_path / 'other').mkdir()
    assert help_out(lambda: fill(tmp_path / 'other', SIZES, make), parent + 1) == 0
    assert len(list((tmp_path / 'other').iterdir())) == 1
