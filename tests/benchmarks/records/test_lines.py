"""Whatever happens to a file of lines: those that can be read are those that were written."""

from __future__ import annotations

import gzip
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.records import lines as module
from benchmarks.records.lines import Lines, members

ROOT = Path(__file__).resolve().parents[3]
WRITER = """
import sys
from pathlib import Path
from benchmarks.records.lines import Lines
lines = Lines(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    lines.append(f'{{"n": {number}, "text": "{"x" * (number % 7000)}"}}')
    print(number, flush=True)
"""


def start(path, first, last):
    command = [sys.executable, '-c', WRITER, str(path), str(first), str(last)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def numbers(path):
    return [int(line.partition(',')[0].removeprefix('{"n": ')) for line in Lines(path).read()[1]]


@pytest.fixture
def written(tmp_path):
    made = Lines(tmp_path / 'f.gz')
    for number in range(9):
        made.append(f'line {number}')
    return made


def test_other_programs_read_the_file(tmp_path):
    made = Lines(tmp_path / 'f.jsonl.gz')
    for number in range(3):
        made.append(f'{{"a": {number}}}')
    assert gzip.decompress(made.path.read_bytes()).decode() == '{"a": 0}\n{"a": 1}\n{"a": 2}\n'
    assert list(pd.read_json(made.path, lines=True)['a']) == [0, 1, 2]


def test_a_reader_gets_what_is_new(written):
    reader = Lines(written.path)
    assert reader.read() == (True, [f'line {number}' for number in range(9)])
    assert reader.read() == (False, [])
    written.append('line 9')
    assert reader.read() == (False, ['line 9'])


def test_a_file_that_was_replaced_or_removed_is_read_anew(written):
    reader = Lines(written.path)
    reader.read()
    written.rewrite(lambda lines: [*lines[:2], 'new'])
    assert reader.read() == (True, ['line 0', 'line 1', 'new'])
    written.path.unlink()
    assert reader.read() == (True, [])
    assert reader.read() == (False, [])


def test_many_writers_lose_nothing(tmp_path):
    writers = [start(tmp_path / 'f.gz', 1000 * number, 1000 * number + 40) for number in range(4)]
    assert [writer.wait(timeout=120) for writer in writers] == [0] * 4
    assert sorted(numbers(tmp_path / 'f.gz')) == sorted(1000 * w + n for w in range(4) for n in range(40))


def test_killed_writers_lose_at_most_the_line_they_were_at(tmp_path):
    path, said = tmp_path / 'f.gz', []
    for attempt in range(4):
        writer = start(path, 10_000 * attempt, 10_000 * attempt + 9999)
        said.append(int(writer.stdout.readline()))
        time.sleep(0.003 * attempt)
        writer.send_signal(signal.SIGKILL)
        said += [int(line) for line in writer.stdout.read().split()]
    found = numbers(path)
    assert len(set(found)) == len(found)
    assert set(said) <= set(found)
    assert len(set(found) - set(said)) <= 4


def test_a_piece_at_the_end_goes_away_with_the_next_line(written, caplog):
    whole = written.path.read_bytes()
    last = [start for start, _, _ in members(whole)][-1]
    for cut in range(last + 1, len(whole)):
        written.path.write_bytes(whole[:cut])
        reader = Lines(written.path)
        assert reader.read()[1] == [f'line {number}' for number in range(8)]
        Lines(written.path).append('next')
        assert reader.read() == (False, ['next'])
        assert gzip.decompress(written.path.read_bytes()).decode().splitlines()[-2:] == ['line 7', 'next']
    assert f'{written.path} is damaged at byte {last}' in caplog.text


def test_damage_anywhere_changes_no_other_line(written):
    whole, lines = written.path.read_bytes(), {f'line {number}' for number in range(9)}
    for place in range(len(whole)):
        for bit in (1, 64):
            damaged = bytearray(whole)
            damaged[place] ^= bit
            written.path.write_bytes(bytes(damaged))
            found = Lines(written.path).read()[1]
            assert set(found) <= lines, place
            # In a header some bits say nothing of the content.
            assert len(found) >= 8, place


def test_what_follows_damage_is_kept_by_the_next_writer(written):
    whole = written.path.read_bytes()
    starts = [start for start, _, _ in members(whole)]
    written.path.write_bytes(whole[: starts[3] + 12] + whole[starts[4] :])
    Lines(written.path).append('next')
    assert Lines(written.path).read()[1] == [f'line {number}' for number in range(9) if number != 3] + ['next']


@pytest.mark.parametrize('content', [b'', b'no gzip at all', b'\x1f\x8b\x08', b'\x1f\x8b\x08' * 100, b'\0' * 100])
def test_foreign_content_holds_no_lines(tmp_path, content):
    (tmp_path / 'f.gz').write_bytes(content)
    assert Lines(tmp_path / 'f.gz').read()[1] == []


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(module, 'LONGEST', 1 << 20)
    (tmp_path / 'f.gz').write_bytes(gzip.compress(b'0' * (1 << 23)) + gzip.compress(b'fine\n'))
    assert Lines(tmp_path / 'f.gz').read()[1] == ['fine']


def test_a_full_disk_leaves_the_file_as_it_was(written, monkeypatch):
    before, write = written.path.read_bytes(), os.write

    def full(descriptor, content):
        if len(content) < 5:
            raise OSError(28, 'No space left on device')
        return write(descriptor, content[: len(content) // 2])

    monkeypatch.setattr(os, 'write', full)
    with pytest.raises(OSError, match='No space left') as caught:
        written.append('lost')
    assert caught.value.filename == str(written.path)
    assert written.path.read_bytes() == before


def test_a_line_that_is_written_while_all_are_rewritten_stays(written):
    """A writer that waits for the lock finds another file under the name."""
    late = threading.Thread(target=lambda: Lines(written.path).append('late'))

    def slow(lines):
        late.start()
        time.sleep(0.1)
        return lines[:1]

    written.rewrite(slow)
    late.join()
    assert Lines(written.path).read()[1] == ['line 0', 'late']


def test_equal_lines_make_equal_files(tmp_path):
    for name in 'ab':
        made = Lines(tmp_path / name)
        some = [f'line {random.Random(3).random()}'] * 1200
        made.rewrite(lambda _, some=some: some)
    assert (tmp_path / 'a').read_bytes() == (tmp_path / 'b').read_bytes()
