from __future__ import annotations

from collections import Counter

import pytest
import torch

from tests.backbones.test_contract import SMALL
from tests.engine.dummy import DummyClassifier
from tests.refusals import refused
from zoo.engine import AutocastOptimWrapper, ParamGroups
from zoo.engine.param_groups import split_parameters
from zoo.errors import UsageError
from zoo.registry import MODELS


def settings_by_name(model, groups):
    """(rate, decay) of every parameter name; each may occur once."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    found = [
        (names[id(parameter)], (group['lr'], group['weight_decay']))
        for group in groups
        for parameter in group['params']
    ]
    assert max(Counter(name for name, _ in found).values()) == 1
    return dict(found)


@pytest.mark.parametrize('frozen', [False, True])
@pytest.mark.parametrize('options', [{}, {'lr_scale': {'^head': 10, 'token': 3}}, {'layer_decay': 0.5}])
def test_every_trainable_parameter_is_in_exactly_one_group(frozen, options):
    model = DummyClassifier(frozen=frozen)
    found = settings_by_name(model, split_parameters(model, 1e-3, 0.05, **options))
    assert set(found) == {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_a_model_of_the_zoo_is_split_completely():
    model = MODELS.build({'type': 'zoo.PointClassifier', 'backbone': SMALL, 'num_classes': 5})
    found = settings_by_name(model, split_parameters(model, 1e-3, 0.05, lr_scale={r'^head\.': 10}, layer_decay=0.7))
    assert set(found) == {name for name, _ in model.named_parameters()}
    for name, parameter in model.named_parameters():
        spared = parameter.ndim <= 1 or name in model.no_weight_decay()
        assert found[name][1] == (0.0 if spared else 0.05), name


def test_rates_and_decay_follow_the_names():
    model = DummyClassifier()
    found = settings_by_name(model, split_parameters(model, 1e-3, 0.05, lr_scale={'^head': 10.0}))
    assert found['head.weight'] == (pytest.approx(1e-2), 0.05)
    assert found['head.bias'] == (pytest.approx(1e-2), 0.0)
    assert found['backbone.0.weight'] == (pytest.approx(1e-3), 0.05)
    assert found['backbone.1.weight'] == (pytest.approx(1e-3), 0.0)  # batch norm
    assert found['token'] == (pytest.approx(1e-3), 0.0)  # a matrix in no_weight_decay()


def test_the_reference_decays_all_of_the_scaled_group():
    model = DummyClassifier()
    scaled = {'lr_scale': {'^head|token': 10.0}, 'decay_scaled_groups': True}
    found = settings_by_name(model, split_parameters(model, 1e-3, 0.05, **scaled))
    assert {found[name] for name in ('head.weight', 'head.bias', 'token')} == {(1e-3 * 10.0, 0.05)}
    assert found['backbone.0.bias'][1] == 0.0


def test_the_first_fitting_pattern_counts():
    model = DummyClassifier()
    found = settings_by_name(model, split_parameters(model, 1.0, 0.0, lr_scale={'head.bias': 2, 'head': 5}))
    assert found['head.bias'][0] == 2
    assert found['head.weight'][0] == 5


def test_layer_decay_is_a_power_of_the_distance_to_the_output():
    model = DummyClassifier()
    found = settings_by_name(model, split_parameters(model, 1.0, 0.0, layer_decay=0.5, lr_scale={'^head': 10}))
    assert found['backbone.0.weight'][0] == 0.25
    assert found['backbone.4.weight'][0] == 0.5
    assert found['token'][0] == 1.0
    assert found['head.weight'][0] == 10.0


@pytest.mark.parametrize('kind', ['OptimWrapper', 'AutocastOptimWrapper'])
def test_constructor_builds_optimizer_and_wrapper(kind):
    cfg = {'type': kind, 'optimizer': {'type': 'AdamW', 'lr': 1e-3, 'weight_decay': 0.05}, 'accumulative_counts': 2}
    wrapper = ParamGroups(cfg, {'lr_scale': {'^head': 10}})(DummyClassifier())
    assert isinstance(wrapper.optimizer, torch.optim.AdamW)
    assert isinstance(wrapper, AutocastOptimWrapper) is (kind == 'AutocastOptimWrapper')
    assert len(wrapper.optimizer.param_groups) == 4


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'lr_scale': {'haed': 10}}, "'haed' fits no parameter; their names begin with backbone, head"),
        ({'lr_scales': {}}, 'not lr_scales'),
    ],
)
def test_misspelt_options_are_refused(options, message):
    with pytest.raises(UsageError, match=message):
        ParamGroups({'optimizer': {'type': 'AdamW', 'lr': 1e-3}}, options)(DummyClassifier())


def test_what_cannot_be_trained_is_refused():
    assert 'no trainable parameter' in refused(split_parameters, DummyClassifier().requires_grad_(False), 1e-3, 0.0)
    with pytest.raises(UsageError, match='needs a model with layer_groups'):
        split_parameters(torch.nn.Linear(2, 2), 1e-3, 0.0, layer_decay=0.5)
    assert 'learning rate' in refused(ParamGroups({'optimizer': {'type': 'AdamW'}}), DummyClassifier())
