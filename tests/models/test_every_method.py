"""What every nano model of the index promises as it is built by name."""

from __future__ import annotations

import pytest
import torch

import zoo
from zoo.hub.backbones import backbone_config
from zoo.hub.index import find_entry

NAMES = zoo.list_models('*-nano_procedural', task='pretrain')


@pytest.fixture(scope='module', params=NAMES)
def model(request):
    torch.manual_seed(0)
    return zoo.get_model(request.param)


@pytest.fixture(scope='module')
def points():
    return torch.randn(3, 128, 3, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize('name', NAMES)
def test_neither_order_of_points_nor_company_matters(name, points):
    """The config as it is; the index pins the older order for the weights that come with the project."""
    model = zoo.get_model(str(find_entry(name).config), features_only=True)
    before = model(points)
    torch.testing.assert_close(model(points[:, torch.randperm(128)]), before, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(model(points[1:2]), before[1:2], rtol=1e-3, atol=1e-4)


def each_structure():
    """A name for every backbone as it is used downstream, which several methods share."""
    return {str(backbone_config(name)): name for name in NAMES}.values()


@pytest.mark.slow
@pytest.mark.parametrize('name', each_structure())
@pytest.mark.filterwarnings('ignore::torch.jit.TracerWarning', 'ignore::DeprecationWarning')
def test_traced_and_exported_models_answer_for_batches_of_any_size(name, points):
    """Traced on one cloud: nothing of its batch may be left in the graph as a constant."""
    model = zoo.get_model(name)
    traced = torch.jit.trace(model, points[:1], check_trace=False)
    batch = torch.export.Dim('batch', min=2, max=64)
    with torch.no_grad():
        exported = torch.export.export(model, (points,), dynamic_shapes={'points': {0: batch}})
    more = torch.randn(5, 128, 3, generator=torch.Generator().manual_seed(1))
    for clouds in (points, more, more[:2]):
        assert torch.equal(traced(clouds), model(clouds))
        torch.testing.assert_close(exported.module()(clouds), model(clouds), rtol=1e-4, atol=1e-5)


def test_names_for_the_optimizer(model):
    names = {name for name, _ in model.named_parameters()}
    assert model.no_weight_decay() <= names
    assert {
        name for name in names if '.query_' in name or name.endswith(('mask_token', 'mask_position'))
    } <= model.no_weight_decay()
    grouped = [name for group in model.layer_groups() for name in group]
    assert sorted(grouped) == sorted(names)
