from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.protocols.measurement import Measurement
from benchmarks.studies import recipe
from benchmarks.studies.packs import Pack
from benchmarks.studies.recipe import choose_rate, finetune_options
from tests.layouts import write_pack
from zoo.registry import DATASETS


@pytest.fixture
def pack(tmp_path):
    return Pack('toy', str(write_pack(tmp_path / 'pack.npz', 80, num_points=16)))


def test_the_rate_is_chosen_on_training_objects_and_remembered(pack, tmp_path, monkeypatch):
    seen = []

    def measure(config, run, student, weights, seed, options):
        seen.append(options)
        accuracy = 50 - 1e4 * abs(options['optim_wrapper.optimizer.lr'] - 1e-3)
        return Measurement({'oa': accuracy}, {}, 0.0, {}, np.zeros(0), np.zeros(0))

    monkeypatch.setattr(recipe, 'finetune', measure)
    chosen = choose_rate(pack, 'point-mae-nano', (3e-4, 1e-3, 3e-3), 100, 16, tmp_path)
    assert chosen.rate == 1e-3
    assert '0.0003: 43.0' in chosen.selection
    total = len(pack.split('train'))
    for options in seen:
        parts = [options[f'{name}_dataloader.dataset'] for name in ('train', 'test')]
        assert all(part['dataset']['split'] == 'train' for part in parts)
        positions = np.concatenate([part['indices'] for part in parts])
        assert np.array_equal(np.sort(positions), np.arange(total))
    assert json.loads((tmp_path / 'recipe.json').read_text())['rate'] == 1e-3
    monkeypatch.setattr(recipe, 'finetune', None)
    assert choose_rate(pack, 'point-mae-nano', (3e-4, 1e-3, 3e-3), 100, 16, tmp_path) == chosen


def test_runs_are_as_long_as_the_samples_say(pack):
    total = len(DATASETS.build(pack.config('train')))
    options = finetune_options(pack.config('train'), pack.config('test'), 3 * total, 16, 1e-3)
    assert options['train_cfg.max_epochs'] == 3
    assert options['param_scheduler']['total'] == 3 * (total // 32)
