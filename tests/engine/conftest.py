"""Runs of the dummy model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from zoo.config import load_config
from zoo.engine import build_runner, configure

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / 'tests' / 'engine' / 'dummy_config.py'


def run_tool(*arguments, cwd=ROOT, **environment):
    """Run a tool as a user does; returns the finished process."""
    command = [sys.executable, str(ROOT / 'tools' / arguments[0]), *map(str, arguments[1:])]
    environment = {**os.environ, 'OMP_NUM_THREADS': '1', **environment}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def state_of(path):
    """Read the model's tensors of a checkpoint."""
    return torch.load(path, weights_only=True)['state_dict']


def largest_difference(one, other):
    """Return the largest absolute difference between two states with the same names."""
    assert set(one) == set(other)
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one)


def make_config(work_dir, options=None, edit=None, **settings):
    """Load the dummy config with options, and let ``edit`` change it."""
    config = configure(load_config(CONFIG, options), work_dir=work_dir, device='cpu', **settings)
    if edit is not None:
        edit(config)
    return config


@pytest.fixture
def train(tmp_path):
    """Train the dummy config in this process; returns the runner."""

    def run(work_dir='run', options=None, edit=None, **settings):
        runner = build_runner(make_config(tmp_path / work_dir, options, edit, **settings))
        runner.train()
        return runner

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield run
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
