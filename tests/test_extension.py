"""What a user adds: a backbone and an objective in one file, a config beside it, and no other file touched."""

from __future__ import annotations

import signal

import numpy as np
import pytest
import torch
from mmengine import Config
from safetensors.torch import load_file

import zoo
from benchmarks.protocols.base import Context, Data
from benchmarks.protocols.svm import SVM
from tests.engine.conftest import largest_difference, run_tool
from zoo.config import ROOT
from zoo.datasets import ShapePack

PLUGIN = """
import os, signal
import torch
from torch import nn
from mmengine.hooks import Hook
from zoo.backbones import Backbone, StudentOutput
from zoo.objectives import Objective
from zoo.registry import BACKBONES, HOOKS, OBJECTIVES
from zoo.teachers import MovingAverage

@BACKBONES.register_module()
class Moments(Backbone):
    capabilities = frozenset({'layers'})

    def __init__(self, embed_dim=16):
        super().__init__()
        self.embed_dim, self.depth = embed_dim, 2
        self.first, self.second = nn.Linear(9, embed_dim), nn.Linear(embed_dim, embed_dim)
        self.norm = nn.BatchNorm1d(embed_dim)

    def forward(self, points, mask=None, num_masked=None, groups=None, return_layers=False, return_attention=False):
        if mask is not None or groups is not None or return_attention:
            raise ValueError('Moments have no attention and nothing to mask')
        x = torch.cat([points, points * points, points * points.roll(1, -1)], -1)
        first = torch.relu(self.norm(self.first(x).flatten(0, 1)).view(*x.shape[:2], -1))
        second = self.second(first)
        output = StudentOutput({}, second, points[:, :0], points[:, :0, None])
        output.layers = [first, second] if return_layers else []
        output.pooled = second.mean(1)
        return output

    def layer_groups(self):
        return [['first.weight', 'first.bias', 'norm.weight', 'norm.bias'], ['second.weight', 'second.bias']]

@OBJECTIVES.register_module()
class ImitateAverage(Objective):
    needs_second_view = True

    def __init__(self, name, student, momentum=0.9, weight=1.0):
        super().__init__(name, weight)
        self.teacher = MovingAverage(student, start=momentum)
        self.head = nn.Linear(student.global_features, student.global_features)

    def forward(self, output, batch):
        target = self.teacher(batch['points']).pool('svm')
        return nn.functional.mse_loss(self.head(output.second.global_feature('cls')), target)

    def after_step(self, student, progress):
        self.teacher.after_step(student, progress)

@HOOKS.register_module()
class Kill(Hook):
    def __init__(self, at):
        self.at = at

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
"""

CONFIG = """
_base_ = ['{root}/configs/_base_/runtime.py']
custom_imports = dict(imports=['plugin'])
model = dict(
    type='Pretrainer',
    backbone=dict(type='Moments'),
    objectives=dict(imitate=dict(type='ImitateAverage'), smc=dict(type='ClassContrast')),
)
data_preprocessor = dict(
    type='BatchPreprocessor', train=[dict(type='RandomSubsample', num_points=48), dict(type='RandomRotateGravity')]
)
train_dataloader = dict(
    batch_size=8, num_workers=0, drop_last=True, sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(type='ShapePack', points='{pack}'),
)
train_cfg = dict(by_epoch=True, max_epochs=4)
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-2, weight_decay=0.05), constructor='ParamGroups'
)
param_scheduler = dict(type='WarmupCosine', warmup=1)
custom_hooks = [dict(type='IterationSeedHook'), dict(type='ExportHook'), dict(type='Kill', at=-1)]
"""


def write_pack(path):
    """Flat and round clouds, in two classes."""
    generator = np.random.default_rng(0)
    arrays = {'classes': np.array(['flat', 'round'])}
    for split, size in (('train', 32), ('test', 12)):
        labels = np.arange(size) % 2
        clouds = generator.normal(size=(size, 64, 3))
        clouds[labels == 0, :, 1] *= 0.3
        arrays |= {f'pts_{split}': clouds.astype(np.float32), f'y_{split}': labels}
    np.savez(path, **arrays)


@pytest.mark.slow
def test_one_file_and_one_config_are_enough(tmp_path, monkeypatch):
    (tmp_path / 'plugin.py').write_text(PLUGIN)
    write_pack(tmp_path / 'pack.npz')
    config = tmp_path / 'imitate.py'
    config.write_text(CONFIG.format(root=ROOT, pack=tmp_path / 'pack.npz'))

    def train(folder, *more):
        places = {'PYTHONPATH': f'{tmp_path}:{ROOT}'}
        return run_tool('train.py', config, '--work-dir', folder, '--device', 'cpu', *more, cwd=tmp_path, **places)

    unbroken = train('unbroken')
    assert unbroken.returncode == 0, unbroken.stderr
    killed = train('killed', '--cfg-options', 'custom_hooks.2.at=9')
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed = train('killed', '--resume')
    assert resumed.returncode == 0, resumed.stderr
    weights = tmp_path / 'unbroken' / 'weights.safetensors'
    tensors = load_file(weights)
    assert largest_difference(load_file(tmp_path / 'killed' / 'weights.safetensors'), tensors) == 0

    student, teacher = (tensors[f'{stem}first.weight'] for stem in ('backbone.', 'objectives.imitate.teacher.network.'))
    assert not torch.equal(student, teacher)

    monkeypatch.syspath_prepend(tmp_path)
    model = zoo.get_model(Config.fromfile(config), weights, features_only=True)
    splits = [ShapePack(tmp_path / 'pack.npz', split=split) for split in ('train', 'test')]
    found = SVM().run(model, Data(*splits), Context(48))
    assert found.metrics['oa'] > 80


def test_a_pair_that_does_not_fit_is_refused_by_name(tmp_path, monkeypatch):
    (tmp_path / 'plugin.py').write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    __import__('plugin')
    config = {
        'type': 'Pretrainer',
        'backbone': {'type': 'Moments'},
        'objectives': {'points': {'type': 'ReconstructPoints', 'decoder': None}},
    }
    with pytest.raises(
        zoo.errors.UsageError, match=r"'points' \(ReconstructPoints\) needs masking, tokens .* this Moments"
    ):
        zoo.registry.MODELS.build(config)
