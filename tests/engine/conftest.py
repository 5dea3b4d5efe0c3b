"""Runs of the dummy model."""

from __future__ import annotations

import sys

import pytest
import torch

from tests.shared import ROOT, run
from zoo.config import load_config
from zoo.engine import build_runner, configure

CONFIG = ROOT / 'tests' / 'engine' / 'dummy_config.py'


def run_tool(*arguments, cwd=ROOT, **environment):
    """Run a tool as a user does; returns the finished process."""
    tool = ROOT / 'tools' / arguments[0]
    return run(sys.executable, tool, *arguments[1:], cwd=cwd, **{'OMP_NUM_THREADS': '1', **environment})


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
    """Train the dummy config in this process, with hooks beside those of the config; returns the runner."""

    def run(work_dir='run', options=None, edit=None, hooks=(), **settings):
        runner = build_runner(make_config(tmp_path / work_dir, options, edit, **settings))
        for hook in hooks:
            runner.register_hook(hook)
        runner.train()
        return runner

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield run
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
