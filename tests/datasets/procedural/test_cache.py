"""Caches that are interrupted, shared, damaged: always the same content, or a line that says what is wrong."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from zoo.datasets.prepared.chunks import stop_workers
from zoo.datasets.procedural import cache, chunks
from zoo.datasets.procedural.cache import load_objects
from zoo.datasets.procedural.chunks import fill, start_workers, stored
from zoo.datasets.procedural.generate import CHUNK, Order

ORDER = Order('train', 2 * CHUNK + 5, 32, 8, 1, 0, ('stool', 'cone', 'door'))


@pytest.fixture(scope='module')
def reference(tmp_path_factory):
    return load_objects(ORDER, tmp_path_factory.mktemp('reference'), workers=1)


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_kept_is_what_was_made_and_is_not_made_again(reference, tmp_path, monkeypatch):
    assert reference.points.shape == (125, 32, 3)
    assert reference.images.shape == (125, 1, 8, 8, 3)
    assert isinstance(reference.points, np.memmap)
    again = load_objects(ORDER, tmp_path, workers=1)
    assert again.fingerprint == reference.fingerprint
    assert again.captions == reference.captions
    assert entries(tmp_path) == [ORDER.key]  # no chunks and no temporary files are left
    monkeypatch.setattr(cache, '_make', lambda *_: pytest.fail('made again'))
    assert load_objects(ORDER, tmp_path).fingerprint == reference.fingerprint
    for path in (tmp_path / ORDER.key).iterdir():  # as a copy has them
        os.utime(path, (1, 1))
    assert load_objects(ORDER, tmp_path).fingerprint == reference.fingerprint


@pytest.mark.parametrize('damage', [lambda chunk: chunk, lambda chunk: chunk[:-2000], lambda chunk: b''])
def test_what_an_interrupted_run_has_made_is_used_where_it_is_whole(reference, tmp_path, monkeypatch, damage):
    folder = tmp_path / f'{ORDER.key}.chunks'
    folder.mkdir()
    next(fill(ORDER, folder))
    (chunk,) = folder.glob('*.npz')
    whole = chunk.read_bytes()
    chunk.write_bytes(damage(whole))
    (folder / 'left.tmp').write_bytes(b'half a chunk')
    made = []
    original = chunks.make_chunk
    monkeypatch.setattr(chunks, 'make_chunk', lambda order, start: made.append(start) or original(order, start))
    assert load_objects(ORDER, tmp_path, workers=1).fingerprint == reference.fingerprint
    assert len(made) == (2 if damage(whole) == whole else 3)
    assert entries(tmp_path) == [ORDER.key]


@pytest.mark.slow
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


def test_damage_is_noticed_said_and_repaired(reference, tmp_path, caplog):
    """What is damaged how is tried in ``tests/trials/test_damage.py``."""
    load_objects(ORDER, tmp_path, workers=1)
    folder = tmp_path / ORDER.key
    content = bytearray((folder / 'points.npy').read_bytes())
    content[-40] ^= 1
    (folder / 'points.npy').write_bytes(content)
    assert load_objects(ORDER, tmp_path, workers=1).fingerprint == reference.fingerprint
    assert str(folder) in caplog.text
    assert entries(tmp_path) == [ORDER.key]
