from __future__ import annotations

import dataclasses
import json
import re

import pytest
import torch
from mmengine import Config
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import zoo
from tests.refusals import refused
from zoo.config import ROOT
from zoo.foreign import LEFT_OUT
from zoo.hub import factory
from zoo.hub.index import find_entry
from zoo.hub.names import data_file
from zoo.models import FeatureExtractor, PointClassifier, Pretrainer, ZeroShotClassifier

RECON = 'recon-nano_procedural'


def same(left, right):
    return all(torch.equal(value, right[key]) for key, value in left.items())


def test_by_name_config_path_and_config():
    by_name = zoo.get_model(RECON)
    by_path = zoo.get_model('configs/recon/nano.py')
    by_config = zoo.get_model(Config.fromfile(str(ROOT / 'configs/recon/nano.py')))
    shapes = [
        {key: value.shape for key, value in model.state_dict().items()} for model in (by_name, by_path, by_config)
    ]
    assert shapes[0] == shapes[1] == shapes[2]
    assert not by_name.training
    assert by_name(torch.randn(2, 512, 3)).shape == (2, 4 * 96)


def test_overrides_are_merged():
    model = zoo.get_model('configs/finetune/procedural.py', num_classes=3, backbone=dict(depth=2))
    assert model(torch.randn(2, 512, 3)).shape == (2, 3)
    assert model.backbone.depth == 2
    assert model.backbone.embed_dim == 96


def test_a_classifier_of_a_pretrained_student(tmp_path):
    source = zoo.get_model(RECON)
    save_file(source.state_dict(), tmp_path / 'w.safetensors')
    assert same(zoo.get_model(RECON, pretrained=tmp_path / 'w.safetensors').state_dict(), source.state_dict())
    model = zoo.get_model(RECON, pretrained=tmp_path / 'w.safetensors', num_classes=15)
    assert isinstance(model, PointClassifier)
    assert not model.training
    assert not model.backbone.stop_gradient
    assert model(torch.randn(2, 512, 3)).shape == (2, 15)
    assert same(model.backbone.state_dict(), source.backbone.state_dict())


def test_a_head_starts_fresh_only_where_it_is_asked_for(tmp_path):
    config = 'configs/finetune/procedural.py'
    save_file(zoo.get_model(config, num_classes=4).state_dict(), tmp_path / 'w.safetensors')
    assert not zoo.get_model(config, pretrained=tmp_path / 'w.safetensors', num_classes=4).started_fresh
    assert 'head.8.weight is (4, 256) and not' in refused(zoo.get_model, config, pretrained=tmp_path / 'w.safetensors')
    found = zoo.get_model(config, pretrained=tmp_path / 'w.safetensors', num_classes=6)
    assert set(found.started_fresh) == {'head.8.weight', 'head.8.bias'}


OPTIONS = {
    'type': {'model.backbone.type': 'os.system'},
    'list': {'model.data_preprocessor': {'type': 'BatchPreprocessor', 'train': [{'type': 'os.system'}]}},
    'delete': {'model.backbone': {'_delete_': True, 'type': 'os.system'}},
    'weights': {'model.objectives.image.teacher.weights': '/etc/passwd'},
    'hub': {'model.objectives.image.teacher': {'type': 'CLIPImageTeacher', 'frozen': False}},
    'groups': {'model.backbone.num_groups': 10**9},
    'argument': {'model.backbone.hooks': 'os.system'},
}


@pytest.mark.parametrize('name', OPTIONS)
def test_options_of_an_index_name_no_code_and_no_files(name, monkeypatch):
    entry = dataclasses.replace(find_entry(RECON), options=OPTIONS[name])
    monkeypatch.setattr(factory, 'find_entry', lambda _: entry)
    assert 'model index, Options of' in refused(zoo.get_model, RECON)


def test_honest_options_are_taken(monkeypatch):
    entry = dataclasses.replace(find_entry(RECON), options={'model.backbone.depth': 2, 'model.mask.ratio': 0.5})
    monkeypatch.setattr(factory, 'find_entry', lambda _: entry)
    model = zoo.get_model(RECON)
    assert (model.backbone.depth, model.mask.ratio) == (2, 0.5)


@pytest.mark.parametrize(
    'name', [RECON, 'point-mae-nano_procedural', 'two-tower-nano_procedural', 'recon-nano_procedural_procedural']
)
def test_features_and_layers_of_every_student(name):
    model = zoo.get_model(name, features_only=True)
    assert isinstance(model, FeatureExtractor)
    points = torch.randn(2, 300, 3)
    assert model(points).ndim == 2
    assert model(points).shape[1] % 96 == 0
    if name != 'two-tower-nano_procedural':
        layers = model.forward_intermediates(points, (0, -1))
        assert [layer.shape for layer in layers] == [(2, 32, 96)] * 2
        assert len(model.forward_intermediates(points)) == model.backbone.depth


def test_pooling_is_a_choice():
    points = torch.randn(1, 300, 3)
    assert zoo.get_model(RECON, features_only=True, pool='cls')(points).shape == (1, 4 * 96)
    assert zoo.get_model(RECON, features_only=True)(points).shape == (1, 2 * 96)


@pytest.mark.parametrize(
    'lost', ['objectives.text.projection.bias', 'objectives.reconstruct.head.bias', 'backbone.norm']
)
def test_a_released_file_may_lack_what_its_header_says_and_nothing_else(lost, tmp_path, monkeypatch):
    entry = find_entry(RECON)
    path = data_file(entry.sources[0])
    with safe_open(path, 'pt') as file:
        header = file.metadata()
    assert header[LEFT_OUT] == 'image'
    state = load_file(path)
    assert not any(key.startswith('objectives.image') for key in state)
    for source in (RECON, path):
        assert same({key: value.float() for key, value in state.items()}, zoo.get_model(source, True).state_dict())

    lacking = next(key for key in state if key.startswith(lost))
    cut = tmp_path / 'cut.safetensors'
    save_file({key: value for key, value in state.items() if key != lacking}, cut, metadata=header)
    monkeypatch.setattr('zoo.hub.download.fetch_weights', lambda _: cut)
    for source in (RECON, cut):
        assert re.search(re.escape(lacking), refused(zoo.get_model, source, True))
    del header[LEFT_OUT]
    save_file(state, cut, metadata=header)
    for source in (RECON, cut):
        assert 'objectives.image.projection' in refused(zoo.get_model, source, True)


def test_a_file_says_what_it_is(tmp_path):
    source = zoo.get_model('configs/finetune/procedural.py', num_classes=4)
    config = Config.fromfile(str(ROOT / 'configs/finetune/procedural.py')).to_dict()['model']
    header = {'format': 'pt', 'model': json.dumps({**config, 'num_classes': 4})}
    save_file(source.state_dict(), tmp_path / 'w.safetensors', metadata=header)
    loaded = zoo.get_model(tmp_path / 'w.safetensors')
    points = torch.randn(2, 512, 3)
    assert torch.equal(source(points), loaded(points))
    save_file(source.state_dict(), tmp_path / 'bare.safetensors')
    assert 'do not say which model' in refused(zoo.get_model, tmp_path / 'bare.safetensors')


@pytest.mark.parametrize(
    ('name', 'kind', 'width'),
    [
        ('recon-base_shapenet55-official', Pretrainer, 4 * 384),
        ('recon-base_shapenet55-official_scan-hardest', PointClassifier, 15),
        ('recon-base_shapenet55-official_zero-shot', ZeroShotClassifier, 512),
        ('recon-base_shapenet55-official_modelnet40-svm', FeatureExtractor, 2 * 384),
        ('point-mae-base_shapenet55-official_modelnet40-1k', PointClassifier, 40),
    ],
)
def test_official_entries_without_their_weights(name, kind, width):
    model = zoo.get_model(name, backbone=dict(depth=1))
    assert isinstance(model, kind)
    assert model.backbone.skip_near_origin
    assert model.backbone.num_groups == (128 if 'scan' in name else 64)
    assert model(torch.randn(1, 200, 3)).shape == (1, width)


@pytest.mark.parametrize(
    ('source', 'options', 'message'),
    [
        ('configs/recon/huge.py', {}, 'does not exist'),
        ('recon-nano_nowhere', {}, 'no model'),
        ('recon-base_shapenet55', {'pretrained': True}, 'no weights'),
        ('configs/recon/nano.py', {'pretrained': True}, 'needs a model name'),
        (RECON, {'num_classes': 0}, 'num_classes is 0'),
        (RECON, {'num_classes': 4, 'features_only': True}, 'leave num_classes out'),
        (RECON, {'sing': 3}, "cannot be built so: .*'sing'"),
        (RECON, {'backbone': {'dpeth': 3}}, "cannot be built so: .*'dpeth'"),
        (RECON, {'backbone': {'queries': 'cls'}}, 'backbone: PointTransformer takes queries as a list of texts'),
        ('gone.safetensors', {}, 'do not exist'),
        ('configs/point_bert/dvae_nano.py', {'features_only': True}, 'has no student'),
    ],
)
def test_what_is_not_there(source, options, message):
    assert re.search(message, refused(zoo.get_model, source, **options))
