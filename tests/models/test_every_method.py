"""What every nano model of the index promises as it is built by name."""

from __future__ import annotations

import pytest
import torch

import zoo

NAMES = zoo.list_models('*-nano_procedural', task='pretrain')


@pytest.fixture(scope='module', params=NAMES)
def model(request):
    torch.manual_seed(0)
    return zoo.get_model(request.param)


@pytest.fixture(scope='module')
def points():
    return torch.randn(3, 128, 3, generator=torch.Generator().manual_seed(0))


def test_shapes_and_intermediates(model, points):
    features = model(points)
    backbone = model.backbone
    assert features.shape == (3, backbone.num_features * (1 + len(backbone.query_names)))
    assert bool(features.isfinite().all())
    layers = backbone.forward_intermediates(points)
    assert len(layers) == 6
    assert all(layer.shape == (3, 32, 96) for layer in layers)


def test_the_same_input_gives_the_same_output_and_weights_restore_it(model, points):
    before = model(points)
    assert torch.equal(before, model(points))
    state = {key: value.clone() for key, value in model.state_dict().items()}
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1)
    assert not torch.equal(before, model(points))
    model.load_state_dict(state)
    assert torch.equal(before, model(points))


def test_neither_order_of_points_nor_company_matters(model, points):
    """FPS starts at the first point, so that one stays in front."""
    before = model(points)
    order = torch.cat([torch.zeros(1, dtype=torch.long), 1 + torch.randperm(127)])
    torch.testing.assert_close(model(points[:, order]), before, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(model(points[1:2]), before[1:2], rtol=1e-3, atol=1e-4)


def test_names_for_the_optimizer(model):
    names = {name for name, _ in model.named_parameters()}
    assert model.no_weight_decay() <= names
    assert {name for name in names if '.query_' in name or name.endswith('mask_token')} <= model.no_weight_decay()
    grouped = [name for group in model.layer_groups() for name in group]
    assert sorted(grouped) == sorted(names)
