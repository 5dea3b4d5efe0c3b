"""Every method and size takes its step where tensors have shapes and no values.

What a GPU must not be asked in a step fails here without one: a value (``.item()``, ``if tensor``), a shape that
depends on values (boolean indices), and a tensor that was made on the CPU.
"""

from __future__ import annotations

import pytest
import torch

from benchmarks.speed.steps import made_ready, step_config
from zoo.hub.names import known_configs


@pytest.mark.parametrize('name', known_configs(), ids=str)
def test_a_step(name):
    with made_ready(step_config(name), 4) as (model, batch, _):
        model.to('meta')
        batch = {key: value.to('meta') for key, value in batch.items()}
        losses = model(**model.data_preprocessor(batch, training=True), mode='loss')
        assert all(loss.shape == () for loss in losses.values())
        sum(losses.values()).backward()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    assert sum(parameter.grad is not None for parameter in trained) > 0.9 * len(trained)


@pytest.mark.parametrize(
    'fault',
    [
        lambda points: points.sum().item(),
        lambda points: points[points > 0],
        lambda points: points + torch.ones(points.shape[1:]),
        lambda points: 1 if points.any() else 0,
    ],
    ids=['value', 'boolean index', 'made on the CPU', 'branch'],
)
def test_faults_are_found(fault):
    with pytest.raises((RuntimeError, NotImplementedError)):
        fault(torch.ones(2, 3, device='meta'))
