from __future__ import annotations

import copy

import numpy as np
import torch

from benchmarks.protocols import features, untrained
from benchmarks.protocols.features import evaluation_transforms, shuffled_batches
from benchmarks.protocols.untrained import update_norm_statistics
from tests.benchmarks.protocols.parts import cloud, parts
from zoo.datasets.base import ObjectSubset

TRANSFORMED = evaluation_transforms(32)


def inputs_of_first_norm(model, dataset, size):
    """What the first norm of the patch embedding sees, one array for every batch."""
    found = []
    hook = model.backbone.patch_embed.fc1.register_forward_hook(lambda *call: found.append(call[2].double().numpy()))
    with torch.no_grad():
        for chosen in shuffled_batches(len(dataset), size):
            model(torch.cat([cloud(dataset, int(place), 32) for place in chosen]))
    hook.remove()
    return found


def test_statistics_are_the_mean_of_those_of_batches(tmp_path, monkeypatch):
    model, train, _ = parts(tmp_path)
    monkeypatch.setattr(features, 'BATCH_SIZE', {'cpu': 5})
    monkeypatch.setattr(untrained, 'CLOUDS', 10)
    expected = inputs_of_first_norm(model.eval(), train, 5)[:2]
    assert update_norm_statistics(model, train, TRANSFORMED) == {'norm_clouds': 10}
    norm = model.backbone.patch_embed.norm1
    np.testing.assert_allclose(norm.running_mean, np.mean([x.mean(axis=0) for x in expected], axis=0), atol=1e-6)
    np.testing.assert_allclose(norm.running_var, np.mean([x.var(axis=0, ddof=1) for x in expected], axis=0), rtol=1e-4)


def test_nothing_but_statistics_moves_and_every_draw_has_the_same(tmp_path):
    model, train, _ = parts(tmp_path)
    before = copy.deepcopy(model.state_dict())
    update_norm_statistics(model, train, TRANSFORMED)
    once = copy.deepcopy(model.state_dict())
    moved = {name for name, value in once.items() if not torch.equal(value, before[name])}
    assert moved
    assert all(name.endswith(('running_mean', 'running_var', 'num_batches_tracked')) for name in moved)
    assert not any(module.training for module in model.modules())
    assert model.backbone.patch_embed.norm1.momentum == 0.1
    update_norm_statistics(model, ObjectSubset(train, [3, 1]), TRANSFORMED)
    assert all(torch.equal(value, once[name]) for name, value in model.state_dict().items())
