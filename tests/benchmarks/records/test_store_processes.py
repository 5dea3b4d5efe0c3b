"""The store under many writers, and under writers that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.records import Store

ROOT = Path(__file__).resolve().parents[3]


def start(folder, first, count):
    command = [sys.executable, '-m', 'tests.benchmarks.records.writer', str(folder), str(first), str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_eight_writers_lose_nothing(tmp_path):
    writers = [start(tmp_path, 1000 * number, 12) for number in range(8)]
    keys = [line for writer in writers for line in writer.communicate(timeout=240)[0].split()[1:]]
    assert [writer.returncode for writer in writers] == [0] * 8
    assert len(keys) == len(set(keys)) == 96
    store = Store(tmp_path)
    assert {entry.key for entry in store.records()} == set(keys)
    assert all(store.predictions(entry).accuracy == entry.metrics['oa'] for entry in store.records()[::7])
    assert not list(tmp_path.glob('.*.tmp'))


def test_a_killed_writer_leaves_whole_records(tmp_path):
    safe = set()
    for attempt in range(4):
        writer = start(tmp_path, 10_000 * attempt, 9_999)
        assert writer.stdout.readline() == 'ready\n'
        # Somewhere within the third record, at another place each time.
        safe |= {writer.stdout.readline().strip() for _ in range(2)}
        time.sleep(0.004 * attempt)
        writer.send_signal(signal.SIGKILL)
        safe |= {line for line in writer.communicate(timeout=60)[0].split() if len(line) == 32}
    store = Store(tmp_path)
    found = {entry.key for entry in store.records()}
    # What was reported is there; one more record may be from each writer that died before it could say so.
    assert safe <= found
    assert len(found - safe) <= 4
    assert all(store.predictions(entry) is not None for entry in store.records())
    before = found
    (tmp_path / 'index.sqlite').unlink()
    assert {entry.key for entry in Store(tmp_path).records()} == before
