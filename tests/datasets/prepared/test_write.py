"""Packs that are interrupted, shared, repeated: always the same content, or a line that says what is wrong."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.datasets.prepared.sources import Toys, toys
from tests.refusals import refused
from zoo.datasets.prepared import MappedPack, prepare, worker, write
from zoo.datasets.prepared.chunks import chunk_path, fill, start_workers, stop_workers, write_chunk
from zoo.datasets.prepared.job import CHUNK, Job, save_order
from zoo.registry import DATASETS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope='module')
def kills(tmp_path_factory):
    """What came of being killed, see kills.py."""
    folder = tmp_path_factory.mktemp('kills')
    command = [sys.executable, '-m', 'tests.datasets.prepared.kills', str(folder)]
    environment = {**os.environ, 'OMP_NUM_THREADS': '1'}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return {**json.loads(run.stdout), 'stderr': run.stderr}


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_killed_at_every_step_it_is_resumed_to_the_same_content(kills):
    """The old pack stays until the new one is whole; there is one moment with neither."""
    found = kills['at_every_step']
    states = ''.join(state[0] for state in found['after_kill'])
    assert found['steps'] > 60
    assert states.rstrip('n') == 'o' * len(states.rstrip('n'))
    assert found['after_kill'].count('nothing') == 1
    assert {'old', 'new'} < set(found['after_kill']) == {'old', 'nothing', 'new'}
    assert found['left'] == ['pack']


def test_two_runs_with_one_destination_wait_for_each_other(kills):
    assert kills['together'] == {
        'codes': [0, 0],
        'same': True,
        'objects': 100,
        'twice': ['0'],  # each run looks at the first object before it begins
        'left': ['calm', 'log', 'pack'],
    }
    assert 'another process is at work' in kills['stderr']


def test_a_full_disk_is_one_line_and_costs_no_finished_chunk(kills):
    found = kills['full_disk']
    assert len(found['messages']) == 2
    assert all('cannot write the pack to' in line and '\n' not in line for line in found['messages'])
    assert found['chunks'] == 7
    assert found['left'] == ['pack']


def begun(folder, parts, count=None):
    """Make the first chunks of a pack, or all, as an interrupted run leaves them; return the job and their folder."""
    job = Job(parts)
    chunks = folder / 'pack.making' / job.key
    chunks.mkdir(parents=True)
    for _ in itertools.islice(fill(chunks, job.sizes, job.make), count):
        pass
    return job, chunks


def test_other_data_do_not_continue_old_chunks(tmp_path):
    job, _ = begun(tmp_path, {'train': Toys(0, 100)})
    for options in ({'seed': 1}, {'seed': 0, 'views': 1}, {'seed': 0, 'ragged': True}):
        assert Job({'train': Toys(size=100, **options)}).key != job.key
    path = prepare(tmp_path / 'pack', {'train': Toys(1, 100)}, progress=False)
    assert np.array_equal(MappedPack(path).points(50), Toys(1, 100).points(50))
    assert entries(tmp_path) == ['pack']


def test_a_damaged_chunk_is_made_again(tmp_path):
    parts = {'train': Toys(0, 100)}
    expected = MappedPack(prepare(tmp_path / 'calm', parts, progress=False)).fingerprint
    _, chunks = begun(tmp_path, parts)
    content = bytearray(chunk_path(chunks, 64).read_bytes())
    content[len(content) // 2] ^= 1
    chunk_path(chunks, 64).write_bytes(content)
    chunk_path(chunks, 0).write_bytes(b'')
    chunk_path(chunks, 32).write_bytes(chunk_path(chunks, 32).read_bytes()[:-1000])
    assert MappedPack(prepare(tmp_path / 'pack', parts, progress=False)).fingerprint == expected


def test_helpers_fill_the_folder_and_end(tmp_path):
    job = Job({'train': toys(size=100), 'test': toys(seed=1, size=10)})
    chunks = tmp_path / 'chunks'
    chunks.mkdir()
    assert save_order(job, tmp_path / 'order.json')
    helpers = start_workers(write.WORKER, [str(tmp_path / 'order.json'), str(chunks)], 1)
    try:
        assert [helper.wait(timeout=300) for helper in helpers] == [0]
    finally:
        stop_workers(helpers)
    assert entries(chunks) == [f'{start:08d}.npz' for start in (0, 32, 64, 96, 100)]


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'broken': 150}, 'toy-150.txt is cut off: fetch it again'),
        ({'drift': True}, 'train: opened twice, the data differ; do not change them meanwhile'),
    ],
)
def test_a_helper_says_what_stops_it(tmp_path, capsys, options, message):
    job = Job({'train': toys(size=200, **options)})
    assert save_order(job, tmp_path / 'order.json')
    (tmp_path / 'chunks').mkdir()
    before = signal.getsignal(signal.SIGINT)
    try:
        assert worker.main([str(tmp_path / 'order.json'), str(tmp_path / 'chunks'), str(os.getppid())]) == 2
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().out == f'{message}\n'


def test_a_complaint_of_a_helper_ends_the_run(tmp_path, monkeypatch):
    command = [sys.executable, '-c', 'print("toy-3.txt is cut off"); raise SystemExit(2)']

    def start(*_):
        helper = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        helper.wait()
        return [helper]

    monkeypatch.setattr(write, 'start_workers', start)
    monkeypatch.setattr(write, 'PATIENCE', 0)
    assert refused(prepare, tmp_path / 'pack', {'train': toys(size=100)}, progress=False) == 'toy-3.txt is cut off'


def test_helpers_are_started_only_where_they_save_time(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(write, 'start_workers', lambda *arguments: asked.append(arguments[-1]) or [])
    prepare(tmp_path / 'quick', {'train': toys(size=40)}, workers=3, progress=False)
    prepare(tmp_path / 'object', {'train': Toys(size=40)}, workers=3, progress=False)
    assert asked == []
    monkeypatch.setattr(write, 'PATIENCE', 0)
    prepare(tmp_path / 'one', {'train': toys(size=40)}, workers=1, progress=False)
    prepare(tmp_path / 'object too', {'train': toys(size=40), 'test': Toys(size=4)}, workers=3, progress=False)
    assert asked == []
    prepare(tmp_path / 'slow', {'train': toys(size=40)}, workers=3, progress=False)
    assert asked == [2]


def test_a_finished_pack_is_left_as_it_is(tmp_path):
    path = prepare(tmp_path / 'pack', {'train': Toys()}, progress=False)
    before = {entry.name: entry.stat().st_ino for entry in path.iterdir()}
    prepare(path, {'train': Toys()}, progress=False)
    assert {entry.name: entry.stat().st_ino for entry in path.iterdir()} == before
    print_before = MappedPack(path).fingerprint
    prepare(path, {'train': Toys()}, progress=False, meta={'title': 'now with a title'})
    dataset = MappedPack(path)
    assert (dataset.about, dataset.fingerprint) == ({'title': 'now with a title'}, print_before)
    assert (path / 'points.npy').stat().st_ino == before['points.npy']


@pytest.mark.parametrize('name', ['points.npy', 'meta.json', 'lines.npy'])
def test_a_damaged_pack_is_made_again(tmp_path, name):
    path = prepare(tmp_path / 'pack', {'train': Toys()}, progress=False)
    before = MappedPack(path).fingerprint
    (path / name).write_bytes((path / name).read_bytes()[:-50])
    prepare(path, {'train': Toys()}, progress=False)
    assert MappedPack(path).fingerprint == before
    assert entries(tmp_path) == ['pack']


def test_what_is_no_pack_is_not_removed(tmp_path):
    (tmp_path / 'thesis').mkdir()
    (tmp_path / 'thesis' / 'chapter.tex').write_text('!', encoding='utf-8')
    (tmp_path / 'file').write_text('!', encoding='utf-8')
    (tmp_path / 'link').symlink_to('nowhere')
    (tmp_path / 'empty').mkdir()
    for name in ('thesis', 'file', 'link'):
        message = refused(prepare, tmp_path / name, {'train': Toys()}, progress=False)
        assert f'{name} is there and is no pack: remove it' in message
    assert (tmp_path / 'thesis' / 'chapter.tex').is_file()
    assert len(MappedPack(prepare(tmp_path / 'empty', {'train': Toys()}, progress=False))) == 70


def test_a_broken_source_is_named_and_finished_chunks_are_not_made_again(tmp_path):
    log = tmp_path / 'log'
    parts = {'train': Toys(0, 200, broken=150, log=log)}
    job, chunks = begun(tmp_path, parts, 0)
    write_chunk(chunks, 0, job.make(0))
    (chunks / 'left.tmp').write_bytes(b'half a chunk')
    message = refused(prepare, tmp_path / 'pack', parts, progress=False)
    assert message == 'toy-150.txt is cut off: fetch it again'
    assert entries(tmp_path) == ['log', 'pack.making']
    finished = {row for start in job.sizes if chunk_path(chunks, start).exists() for row in range(start, start + CHUNK)}
    assert finished >= set(range(CHUNK))
    log.unlink()
    prepare(tmp_path / 'pack', {'train': Toys(0, 200, log=log)}, progress=False)
    made = set(map(int, log.read_text(encoding='utf-8').split()))
    assert made - {0} == set(range(200)) - finished  # the first object is looked at before
    assert entries(tmp_path) == ['log', 'pack']


def test_a_destination_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / 'file').write_text('in the way', encoding='utf-8')
    message = refused(prepare, tmp_path / 'file' / 'pack', {'train': Toys()}, progress=False)
    assert message.startswith(f'cannot write the pack to {tmp_path}/file')
    assert 'at least one process, got workers=0' in refused(prepare, tmp_path / 'pack', {'train': Toys()}, workers=0)


def test_the_bar_shows_rate_and_time_left(tmp_path, capsys):
    prepare(tmp_path / 'pack', {'train': Toys(size=100, delay=0.002)}, workers=1)
    bar = capsys.readouterr().err
    assert 'preparing pack: 100%' in bar
    assert '100/100 [' in bar
    assert 'object/s]' in bar
    assert 'joining pack: 100%' in bar
    prepare(tmp_path / 'quiet', {'train': Toys()}, progress=False)
    assert not capsys.readouterr().err


def test_a_file_system_without_locks_does(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError(95, 'Operation not supported')

    monkeypatch.setattr(write.fcntl, 'flock', refused)
    assert len(MappedPack(prepare(tmp_path / 'pack', {'train': Toys()}, progress=False))) == 70


def test_built_in_shapes_go_into_a_pack(tmp_path):
    shapes = {'type': 'ProceduralShapes', 'num_objects': 8, 'num_points': 64, 'cache_dir': str(tmp_path / 'cache')}
    dataset = MappedPack(prepare(tmp_path / 'pack', {'train': {**shapes, 'split': 'train'}}, progress=False))
    source = DATASETS.build({**shapes, 'split': 'train'})
    for key, values in source.__getitems__(range(8)).items():
        assert torch.equal(dataset.__getitems__(range(8))[key], values)
