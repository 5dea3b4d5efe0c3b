"""From the pretraining of every method to what comes after it."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

import zoo
from zoo.config import load_config
from zoo.engine import configure
from zoo.engine.param_groups import split_parameters
from zoo.hub import backbone_config, load_weights
from zoo.hub.names import known_configs
from zoo.registry import MODELS

METHODS = [name.stem for name in known_configs() if name.size == 'nano']


def finetune(method, **options):
    config = load_config('configs/finetune/procedural.py', options)
    return configure(config, work_dir='unused', device='cpu', backbone=f'{method}-nano')


@pytest.fixture(scope='module', params=METHODS)
def pretrained(request, tmp_path_factory):
    """A method, and weights as its pretraining would export them."""
    torch.manual_seed(0)
    model = zoo.get_model(f'{request.param}-nano_procedural')
    path = tmp_path_factory.mktemp(request.param) / 'weights.safetensors'
    save_file(model.state_dict(), path)
    return request.param, model, path


def test_pretrained_weights_fill_the_classifier(pretrained):
    method, model, path = pretrained
    classifier = MODELS.build(finetune(method).model)
    line = load_weights(classifier, path)
    assert 'tensors loaded' in line
    own = classifier.backbone.state_dict()
    trained = {key: value for key, value in model.backbone.state_dict().items() if not key.startswith('mask_')}
    assert all(torch.equal(own[key], value) for key, value in trained.items())
    assert all('query_' in key for key in set(own) - set(trained))


def test_the_schedule_fits_and_the_class_token_learns_faster(pretrained):
    method, _, _ = pretrained
    config = finetune(method)
    classifier = MODELS.build(config.model)
    groups = split_parameters(classifier, 1.0, 0.05, **config.optim_wrapper.paramwise_cfg.to_dict())
    rates = {id(parameter): group['lr'] for group in groups for parameter in group['params']}
    for name, parameter in classifier.named_parameters():
        expected = 4.0 if name.startswith('head.') else 10.0 if name.endswith('.cls') else 1.0
        assert rates[id(parameter)] == expected, name


@pytest.mark.parametrize(('streams', 'queries'), [('local', 1), ('global', 2), ('both', 3)])
def test_two_towers_are_fine_tuned_on_the_chosen_stream(streams, queries, tmp_path):
    config = finetune('two-tower', **{'model.backbone.streams': streams})
    classifier = MODELS.build(config.model)
    assert len(classifier.backbone.query_names) == queries
    assert classifier.head[0].in_features == (queries + 1) * 96
    save_file(zoo.get_model('two-tower-nano_procedural').state_dict(), tmp_path / 'w.safetensors')
    load_weights(classifier, tmp_path / 'w.safetensors')
    classifier.loss(torch.randn(4, 512, 3), label=torch.arange(4))['loss'].backward()
    assert all(parameter.grad is not None for parameter in classifier.parameters())


def test_features_have_no_fresh_token(pretrained):
    method, source, _ = pretrained
    model = MODELS.build(dict(type='FeatureExtractor', backbone=backbone_config(f'{method}-nano', 'features')))
    assert set(model.backbone.state_dict()) == set(source.backbone.state_dict()) - {'mask_token', 'mask_position'}
