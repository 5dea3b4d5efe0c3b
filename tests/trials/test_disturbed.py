"""Tools that are killed, or whose disk is full: the same command again ends as if nothing had happened.

A few tries of each in the ordinary run; counted by hand, an hour on two cores:

    TRIALS=100 python -m pytest tests/trials/test_disturbed.py -s
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRIALS = int(os.environ.get('TRIALS', '0'))
KILLS = {'training': 0.3, 'prepare': 0.3, 'download': 0.25, 'benchmark': 0.15}
"""Shares of the kills; a kill of a benchmark takes a minute."""
DISKS = {'training': 0.07, 'prepare': 0.07, 'download': 0.03, 'benchmark': 0.03}
"""Full disks for one trial."""


def tries(folder, asked, seed=0):
    """Run the program and print its table; returns the rows, and what went wrong in words."""
    counts = [f'{name}={kills},{disks}' for name, (kills, disks) in asked.items()]
    environment = {key: value for key, value in os.environ.items() if key not in ('HF_HUB_OFFLINE', 'ZOO_OFFLINE')}
    more = {'OMP_NUM_THREADS': '1', 'NO_PROXY': '127.0.0.1', 'ZOO_PACKS': '', 'ZOO_DATA': str(folder / 'data')}
    command = [sys.executable, '-m', 'tests.trials.program', str(folder), str(seed), *counts]
    done = subprocess.run(command, cwd=ROOT, env={**environment, **more}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows, words = json.loads(done.stdout.splitlines()[-1])
    for row in rows:
        print('| ' + ' | '.join(map(str, row.values())) + ' |')
    return rows, words


@pytest.mark.slow
def test_kills_lose_nothing(tmp_path):
    few = {'training': (1, 0), 'prepare': (2, 0), 'download': (2, 0)}
    asked = {name: (round(share * TRIALS), 0) for name, share in KILLS.items()} if TRIALS else few
    rows, words = tries(tmp_path, asked)
    assert not words, '\n\n'.join(words)
    assert sum(row['right'] for row in rows) == sum(kills for kills, _ in asked.values())


@pytest.mark.slow
def test_full_disks_lose_nothing(tmp_path):
    place = tmp_path / 'small'
    place.mkdir()
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', str(place)], capture_output=True).returncode:
        pytest.skip('no right to mount a small disk')
    subprocess.run(['umount', str(place)], check=True)
    few = {'training': (0, 1), 'prepare': (0, 1)}
    asked = {name: (0, round(share * TRIALS)) for name, share in DISKS.items()} if TRIALS else few
    rows, words = tries(tmp_path, asked, seed=1)
    assert not words, '\n\n'.join(words)
    assert sum(row['right'] for row in rows) == sum(disks for _, disks in asked.values())
