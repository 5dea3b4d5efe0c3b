"""A disk that is full: one line, and after room was made the same command ends with the same tables."""

from __future__ import annotations

import contextlib
import os
import subprocess

import pytest

from benchmarks.run import harness
from tests.benchmarks.run.here import Here
from tests.benchmarks.run.test_damage import Benchmark, tables_of
from tests.layouts import write_pack


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few megabytes."""
    place = tmp_path / 'disk'
    place.mkdir()
    mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64m', 'none', place], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f'no disk can be mounted here: {mounted.stderr.strip()}')
    yield place
    subprocess.run(['umount', '-l', place], check=True)


def fill(disk, left):
    """Take all room but ``left`` bytes."""
    with (disk / 'ballast').open('wb', buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b'0' * 4096):
            pass
    os.truncate(disk / 'ballast', max(0, (disk / 'ballast').stat().st_size - left))


@pytest.mark.slow
def test_the_same_command_goes_on_when_there_is_room_again(small_disk, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(harness, 'engine_of', lambda *_: Here())
    planned = tables_of(write_pack(tmp_path / 'pack.npz', 30, num_points=64))
    code, tables, _ = Benchmark(tmp_path / 'roomy', planned).run(capsys)
    assert code == 0
    made = Benchmark(small_disk / 'out', planned)
    seen = set()
    # From not a byte to nearly enough, so that every kind of file is the one that finds no room.
    for left in (0, 4096, 40_000, 600_000, 6_000_000, 12_000_000, 24_000_000):
        fill(small_disk, left)
        code, printed, errors = made.run(capsys)
        (small_disk / 'ballast').unlink()
        assert 'Traceback' not in errors
        if code == 0:
            assert printed == tables
        else:
            seen.add(type(code))
            assert 'No space left' in f'{code} {errors}' or 'full' in f'{code} {errors}', f'{left}: {code} {errors}'
    assert seen == {int, str}, 'some failures could be noted down, some could not'
    code, printed, errors = made.run(capsys)
    assert (code, printed) == (0, tables), errors
    assert not list(small_disk.rglob('*.unfinished'))
