"""Caches that are interrupted, shared, damaged: always the same content, or a line that says what is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from zoo.datasets.prepared.chunks import chunk_path, stop_workers
from zoo.datasets.procedural import cache, chunks
from zoo.datasets.procedural.cache import load_objects
from zoo.datasets.procedural.chunks import fill, read_chunk, start_workers, stored
from zoo.datasets.procedural.generate import CHUNK, Order
from zoo.errors import UsageError

ROOT = Path(__file__).resolve().parents[3]
ORDER = Order('train', 2 * CHUNK + 5, 32, 8, 1, 0, ('stool', 'cone', 'door'))


@pytest.fixture(scope='module')
def reference(tmp_path_factory):
    return load_objects(ORDER, tmp_path_factory.mktemp('reference'), workers=1)


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_kept_is_what_was_made(reference, tmp_path):
    assert reference.points.shape == (125, 32, 3)
    assert reference.images.shape == (125, 1, 8, 8, 3)
    assert isinstance(reference.points, np.memmap)
    again = load_objects(ORDER, tmp_path, workers=1)
    assert again.fingerprint == reference.fingerprint
    assert again.captions == reference.captions
    assert entries(tmp_path) == [ORDER.key]  # no chunks and no temporary files are left


def test_a_second_reading_makes_nothing(reference, tmp_path, monkeypatch):
    load_objects(ORDER, tmp_path, workers=1)
    monkeypatch.setattr(cache, '_make', lambda *_: pytest.fail('made again'))
    assert load_objects(ORDER, tmp_path).fingerprint == reference.fingerprint


def test_what_an_interrupted_run_has_made_is_used(reference, tmp_path, monkeypatch):
    folder = tmp_path / f'{ORDER.key}.chunks'
    folder.mkdir()
    next(fill(ORDER, folder))
    (folder / 'left.tmp').write_bytes(b'half a chunk')
    made = []
    original = chunks.make_chunk
    monkeypatch.setattr(chunks, 'make_chunk', lambda order, start: made.append(start) or original(order, start))
    assert load_objects(ORDER, tmp_path, workers=1).fingerprint == reference.fingerprint
    assert len(made) == 2
    assert entries(tmp_path) == [ORDER.key]


def test_a_run_that_is_killed_can_be_resumed(reference, tmp_path):
    script = (
        'import sys; from pathlib import Path; from zoo.datasets.procedural.cache import load_objects; '
        'from zoo.datasets.procedural.generate import Order; '
        'load_objects(Order.from_json(sys.argv[1]), Path(sys.argv[2]), workers=1)'
    )
    environment = {**os.environ, 'PYTHONPATH': str(ROOT)}
    victim = subprocess.Popen([sys.executable, '-c', script, ORDER.to_json(), str(tmp_path)], env=environment)
    folder = tmp_path / f'{ORDER.key}.chunks'
    while victim.poll() is None and not list(folder.glob('*.npz')):
        time.sleep(0.002)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert load_objects(ORDER, tmp_path, workers=1).fingerprint == reference.fingerprint
    assert entries(tmp_path) == [ORDER.key]


def test_helpers_fill_the_folder_and_end(reference, tmp_path):
    folder = tmp_path / f'{ORDER.key}.chunks'
    folder.mkdir()
    helpers = start_workers(ORDER, folder, 1)
    try:
        assert [helper.wait(timeout=300) for helper in helpers] == [0]
    finally:
        stop_workers(helpers)
    assert stored(ORDER, folder) == ORDER.num_objects
    assert load_objects(ORDER, tmp_path, workers=1).fingerprint == reference.fingerprint


def test_makers_at_the_same_time_agree(reference, tmp_path):
    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(load_objects, ORDER, tmp_path, 1) for _ in range(3)]
        assert {job.result().fingerprint for job in jobs} == {reference.fingerprint}
    assert entries(tmp_path) == [ORDER.key]


@pytest.mark.parametrize('harm', ['flip', 'truncate', 'remove', 'meta', 'captions', 'swap'])
def test_damage_is_noticed_and_repaired(reference, tmp_path, harm, caplog):
    load_objects(ORDER, tmp_path, workers=1)
    folder = tmp_path / ORDER.key
    points, meta = folder / 'points.npy', folder / 'meta.json'
    content = bytearray(points.read_bytes())
    if harm == 'flip':
        content[-40] ^= 1
        points.write_bytes(content)
    elif harm == 'truncate':
        points.write_bytes(content[:-100])
    elif harm == 'remove':
        points.unlink()
    elif harm == 'meta':
        meta.write_text('{"finger', encoding='utf-8')
    elif harm == 'captions':
        values = json.loads(meta.read_text(encoding='utf-8'))
        meta.write_text(json.dumps({**values, 'captions': values['captions'][:-1]}), encoding='utf-8')
    else:
        np.save(points, reference.points[:, :, ::-1].astype(np.float64))
    assert load_objects(ORDER, tmp_path, workers=1).fingerprint == reference.fingerprint
    assert str(folder) in caplog.text
    assert entries(tmp_path) == [ORDER.key]


def test_a_copied_cache_is_read_again_but_not_made_again(reference, tmp_path, monkeypatch):
    load_objects(ORDER, tmp_path, workers=1)
    for path in (tmp_path / ORDER.key).iterdir():
        os.utime(path, (1, 1))
    monkeypatch.setattr(cache, '_make', lambda *_: pytest.fail('made again'))
    assert load_objects(ORDER, tmp_path).fingerprint == reference.fingerprint


def test_a_damaged_chunk_is_made_again(reference, tmp_path):
    for _ in fill(ORDER, tmp_path):
        pass
    whole = read_chunk(ORDER, tmp_path, CHUNK)
    path = chunk_path(tmp_path, CHUNK)
    for content in (b'', b'no archive', path.read_bytes()[:-2000]):
        path.write_bytes(content)
        again = read_chunk(ORDER, tmp_path, CHUNK)
        assert all(np.array_equal(again[name], values) for name, values in whole.items())
    assert np.array_equal(whole['points'], reference.points[CHUNK : 2 * CHUNK])


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    blocker = tmp_path / 'file'
    blocker.write_text('in the way', encoding='utf-8')
    with pytest.raises(UsageError, match='ZOO_HOME') as error:
        load_objects(ORDER, blocker / 'cache', workers=1)
    assert str(blocker) in str(error.value)
    assert '\n' not in str(error.value)
