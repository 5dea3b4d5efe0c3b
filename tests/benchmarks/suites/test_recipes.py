from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from safetensors.torch import save_file

from benchmarks.protocols import finetune
from benchmarks.protocols.measurement import Measurement
from benchmarks.suites.job import Task
from benchmarks.suites.recipes import choose_rate
from tests.layouts import write_pack
from zoo.registry import DATASETS


def test_the_rate_is_chosen_on_training_objects_of_a_pack_without_validation_split(tmp_path, monkeypatch):
    pack = {'type': 'ShapePack', 'points': str(write_pack(tmp_path / 'pack.npz', 80, num_points=16))}
    seen = []

    def tuning(config, student, options, context):
        assert student.weights is None
        context.work.mkdir(parents=True)
        save_file({'weight': torch.zeros(1)}, context.work / 'weights.safetensors')
        seen.append(options)
        accuracy = 50 - 1e4 * abs(options['optim_wrapper.optimizer.lr'] - 1e-3)
        return SimpleNamespace(last_epoch=lambda: Measurement({'oa': accuracy}, {}))

    monkeypatch.setattr(finetune, 'Tuning', tuning)
    settings = {
        'protocol': 'finetune',
        'student': 'point-mae-nano',
        'title': 'toy',
        'train': {**pack, 'split': 'train'},
        'val': None,
        'per_class': None,
        'points': 16,
        'samples': 100,
        'rates': [3e-4, 1e-3, 3e-3],
    }
    chosen = choose_rate(Task('key', settings, {}, tmp_path)).value
    assert chosen['rate'] == 1e-3
    assert '0.0003: 43.0' in chosen['selection']
    total = len(DATASETS.build({**pack, 'split': 'train'}))
    assert len(seen) == 3
    for options in seen:
        parts = [options[f'{name}_dataloader.dataset'] for name in ('train', 'test')]
        assert all(part['dataset']['split'] == 'train' for part in parts)
        positions = np.concatenate([part['indices'] for part in parts])
        assert np.array_equal(np.sort(positions), np.arange(total))
