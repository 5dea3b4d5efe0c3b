from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file, save_file

from benchmarks.protocols.base import Student
from benchmarks.protocols.paper.cls_trains import ClsTrains, freeze_all_but_cls
from tests.benchmarks.protocols.parts import measured
from tests.benchmarks.protocols.tuning import Small, boxes
from zoo.hub import backbone_config
from zoo.layers import DropPath
from zoo.registry import MODELS


class SmallClsTrains(Small, ClsTrains):
    length = 2


@pytest.mark.parametrize(('student', 'head'), [('recon-nano', 'linear'), ('point-mae-nano', 'mlp3')])
def test_head_and_class_token_train_batch_norm_moves_and_all_else_stays(tmp_path, monkeypatch, student, head):
    torch.manual_seed(7)
    backbone = {**backbone_config(student), 'num_groups': 8, 'group_size': 8}
    model = MODELS.build({'type': 'FeatureExtractor', 'backbone': backbone})
    before = {name: value.clone() for name, value in model.state_dict().items()}
    save_file(before, tmp_path / 'pretrained.safetensors')
    rates, forward = [], DropPath.forward

    def spy(self, x):
        rates.append(self.rate if self.training else 0.0)
        return forward(self, x)

    monkeypatch.setattr(DropPath, 'forward', spy)
    protocol, place = SmallClsTrains(96, head=head), {'work': tmp_path / 'run', 'out': tmp_path}
    found = measured(protocol, Student(student, str(tmp_path / 'pretrained.safetensors')), *boxes(tmp_path), **place)
    assert max(rates) == pytest.approx(0.2), 'stochastic depth is on'
    after = load_file(tmp_path / 'run' / 'weights.safetensors')
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    tokens = {'backbone.query_tokens.cls', 'backbone.query_positions.cls'}
    statistics = {name for name in before if name.endswith(('running_mean', 'running_var', 'num_batches_tracked'))}
    assert statistics
    assert changed == tokens | statistics
    assert set(found.protocol['trained']) == tokens | {
        name for name in after if name.startswith('head.') and not name.endswith(('mean', 'var', 'tracked'))
    }
    expected = {'name': f'{head}@paper', 'head': head, 'voting': 'none', 'epoch_selection': 'last'}
    assert expected.items() <= found.protocol.items()
    assert len(found.predictions) == len(found.labels) == 12


def test_names_with_cls_elsewhere_do_not_train():
    model = torch.nn.ModuleDict({'head': torch.nn.Linear(2, 2), 'overhead': torch.nn.Linear(2, 2)})
    model['tower'] = torch.nn.Module()
    model['tower'].query_tokens = torch.nn.ParameterDict({'cls': torch.zeros(1), 'text': torch.zeros(1)})
    assert freeze_all_but_cls(model) == ['head.weight', 'head.bias', 'tower.query_tokens.cls']
