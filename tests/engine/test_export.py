from __future__ import annotations

import json

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from tests.engine.conftest import largest_difference
from zoo.engine import export_weights
from zoo.engine.names import config_hash


def test_training_leaves_weights_with_their_origin(train, tmp_path):
    runner = train('run')
    path = tmp_path / 'run' / 'weights.safetensors'
    assert largest_difference(load_file(path), runner.model.state_dict()) == 0
    with safe_open(path, 'pt') as file:
        header = file.metadata()
    assert header['config'] == 'dummy_config'
    assert header['config_sha256'] == config_hash(runner.cfg)
    assert json.loads(header['model']) == {'type': 'DummyClassifier'}
    assert (header['epoch'], header['iteration'], header['seed']) == ('4', '24', '3')
    assert header['data'] == 'dummy-24-0'
    assert header['torch'] == torch.__version__
    assert json.loads(header['teachers']) == {}


def test_tied_and_strided_tensors_are_written(tmp_path):
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(3, 4))
    model[1].weight = model[0].weight
    model.register_buffer('turned', torch.arange(6.0).view(2, 3).t())
    export_weights(model, tmp_path / 'w.safetensors', {'a': 'b'})
    assert largest_difference(load_file(tmp_path / 'w.safetensors'), model.state_dict()) == 0
    assert [path.name for path in tmp_path.iterdir()] == ['w.safetensors']
