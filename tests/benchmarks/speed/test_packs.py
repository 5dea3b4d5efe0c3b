from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speed import packs
from zoo.datasets.prepared import MappedPack


def test_a_pack_gives_the_same_clouds_faster(tmp_path):
    """On any machine: a file is opened and its header parsed for every cloud."""
    table = packs.measure(tmp_path, num_objects=200, num_points=256, batch_size=64, rounds=9)
    assert [row[0] for row in table.rows] == ['random batch as a tensor', 'batch of a shuffled epoch', 'opening']
    assert float(table.rows[0][3]) > 5
    assert float(table.rows[1][3]) > 2
    where, files, pack = np.array([11, 0, 3]), packs.CloudFiles(tmp_path / 'clouds'), MappedPack(tmp_path / 'pack')
    assert np.array_equal(files.gather_points(where), pack.gather_points(where))
    assert pack.gather_points(where).dtype == np.float32


def test_prints_a_table(capsys):
    packs.main(['--objects', '6', '--points', '4', '--batch', '2', '--rounds', '2'])
    printed = capsys.readouterr().out
    assert '6 clouds of 4 points, batches of 2' in printed
    assert '| times faster' in printed


def test_no_number_may_be_nought(capsys):
    with pytest.raises(SystemExit) as stop:
        packs.main(['--objects', '0'])
    assert stop.value.code == 2
    assert 'at least 1' in capsys.readouterr().err
