"""What a user adds: a backbone and an objective in one file, a config beside it, and no other file touched."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine import Config
from safetensors.torch import load_file

import zoo
from benchmarks.protocols.base import Context, Data
from benchmarks.protocols.svm import SVM
from tests.engine.conftest import run_tool
from tests.layouts import write_pack
from zoo.config import ROOT
from zoo.datasets import ShapePack

PLUGIN = """
import torch
from torch import nn
from zoo.backbones import Backbone, StudentOutput
from zoo.objectives import Objective
from zoo.registry import BACKBONES, OBJECTIVES
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
custom_hooks = [dict(type='IterationSeedHook'), dict(type='ExportHook')]
"""


@pytest.mark.slow
def test_one_file_and_one_config_are_enough(tmp_path, monkeypatch):
    """Which are trained, and told apart flat and round clouds, by the tools and protocols of the project."""
    (tmp_path / 'plugin.py').write_text(PLUGIN)
    labels = np.arange(44) % 2
    clouds = np.random.default_rng(0).normal(size=(44, 64, 3)).astype(np.float32)
    clouds[labels == 0, :, 1] *= 0.3
    arrays = {'pts': clouds, 'y': labels, 'classes': np.array(['flat', 'round']), 'test': np.arange(44) >= 32}
    pack = write_pack(tmp_path / 'pack.npz', 44, **arrays)
    config = tmp_path / 'imitate.py'
    config.write_text(CONFIG.format(root=ROOT, pack=pack))
    places = {'PYTHONPATH': f'{tmp_path}:{ROOT}'}
    done = run_tool('train.py', config, '--work-dir', 'run', '--device', 'cpu', cwd=tmp_path, **places)
    assert done.returncode == 0, done.stderr
    weights = tmp_path / 'run' / 'weights.safetensors'
    tensors = load_file(weights)
    student, teacher = (tensors[f'{stem}first.weight'] for stem in ('backbone.', 'objectives.imitate.teacher.network.'))
    assert not torch.equal(student, teacher)

    monkeypatch.syspath_prepend(tmp_path)
    model = zoo.get_model(Config.fromfile(config), weights, features_only=True)
    splits = [ShapePack(pack, split=split) for split in ('train', 'test')]
    found = SVM().run(model, Data(*splits), Context(48))
    assert found.metrics['oa'] > 80
