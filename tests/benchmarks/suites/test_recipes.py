from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from benchmarks.protocols import finetune
from benchmarks.protocols.measurement import Measurement
from benchmarks.suites.job import Task
from benchmarks.suites.recipes import choose_rate
from tests.layouts import write_pack
from zoo.registry import DATASETS

SETTINGS = {
    'protocol': 'finetune',
    'student': 'point-mae-nano',
    'title': 'toy',
    'val': None,
    'per_class': None,
    'points': 16,
}


@pytest.mark.parametrize('weights', [{}, {'weights': {'weights': 'runs/w.safetensors'}}])
def test_the_rate_is_chosen_on_training_objects_of_a_pack_without_validation_split(tmp_path, monkeypatch, weights):
    pack = {'type': 'ShapePack', 'points': str(write_pack(tmp_path / 'pack.npz', 80, num_points=16))}
    seen = []

    def tuning(config, student, options, context):
        assert student.weights == (str(tmp_path / 'runs/w.safetensors') if weights else None)
        context.work.mkdir(parents=True)
        save_file({'weight': torch.zeros(1)}, context.work / 'weights.safetensors')
        seen.append(options)
        accuracy = 50 - 1e4 * abs(options['optim_wrapper.optimizer.lr'] - 1e-3)
        return SimpleNamespace(last_epoch=lambda: Measurement({'oa': accuracy}, {}))

    monkeypatch.setattr(finetune, 'Tuning', tuning)
    settings = {**SETTINGS, 'train': {**pack, 'split': 'train'}, 'samples': 100, 'rates': [3e-4, 1e-3, 3e-3]}
    chosen = choose_rate(Task('key', settings, weights, tmp_path)).value
    assert chosen['rate'] == 1e-3
    assert chosen['tried'] == {'0.0003': 43.0, '0.001': 50.0, '0.003': 30.0}
    assert 'no test object' in chosen['selection']
    total = len(DATASETS.build({**pack, 'split': 'train'}))
    assert len(seen) == 3
    for options in seen:
        parts = [options[f'{name}_dataloader.dataset'] for name in ('train', 'test')]
        assert all(part['dataset']['split'] == 'train' for part in parts)
        positions = np.concatenate([part['indices'] for part in parts])
        assert np.array_equal(np.sort(positions), np.arange(total))


def test_the_rate_for_a_share_of_the_labels_is_chosen_with_that_share(tmp_path, monkeypatch):
    pack = {'type': 'ShapePack', 'points': str(write_pack(tmp_path / 'pack.npz', 80, num_points=16))}
    sizes = []

    def trial(self, encoder, data, context, rate):
        sizes.append((len(data.train), len(data.test)))
        context.work.mkdir(parents=True)
        save_file({'weight': torch.zeros(1)}, context.work / 'weights.safetensors')
        return Measurement({'oa': 50.0}, {})

    monkeypatch.setattr(finetune.Finetune, 'trial', trial)
    settings = {**SETTINGS, 'train': {**pack, 'split': 'train'}, 'rates': [3e-4, 1e-3]}
    for share in (100, 50):
        choose_rate(Task('key', {**settings, 'label_share': share}, {}, tmp_path / str(share)))
    (whole, val), (half, same) = sizes[0], sizes[2]
    assert val == same
    assert whole // 2 <= half < whole
