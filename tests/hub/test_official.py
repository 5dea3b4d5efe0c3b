"""Checkpoints that do not fit say so by naming keys."""

from __future__ import annotations

import pytest
import torch

import zoo
from tests.teachers.tokenizers.tiny import random_tensors
from zoo.config import load_config
from zoo.errors import UsageError
from zoo.registry import MODELS

SIZES = dict(num_groups=8, group_size=6, num_heads=3)


def official_state(classes=5):
    """A released fine-tuning file of random numbers, width 24, depth 2."""
    c = 24
    shapes = {f'{name}_{kind}': (1, 1, c) for name in ('cls', 'img', 'text') for kind in ('token', 'pos')}
    layers = {
        'encoder.first_conv.0': (8, 3, 1),
        'encoder.first_conv.3': (16, 8, 1),
        'encoder.second_conv.0': (32, 32, 1),
        'encoder.second_conv.3': (c, 32, 1),
        'pos_embed.0': (128, 3),
        'pos_embed.2': (c, 128),
        'cls_head_finetune.0': (256, 4 * c),
        'cls_head_finetune.4': (256, 256),
        'cls_head_finetune.8': (classes, 256),
    }
    norms = {
        'encoder.first_conv.1': 8,
        'encoder.second_conv.1': 32,
        'cls_head_finetune.1': 256,
        'cls_head_finetune.5': 256,
    }
    plain = {'norm': c}
    for i in range(2):
        stem = f'blocks.blocks.{i}.'
        for suffix in ('', '_contrast'):
            plain |= {f'{stem}norm1{suffix}': c, f'{stem}norm2{suffix}': c}
            layers |= {f'{stem}mlp{suffix}.fc1': (4 * c, c), f'{stem}mlp{suffix}.fc2': (c, 4 * c)}
            layers[f'{stem}attn{suffix}.proj'] = (c, c)
        shapes |= {f'{stem}attn.qkv.weight': (3 * c, c), f'{stem}attn_contrast.q.weight': (c, c)}
        shapes[f'{stem}attn_contrast.kv.weight'] = (2 * c, c)
    return random_tensors(shapes, layers, norms, plain)


def load(state, task='classify', method='recon', **more):
    return zoo.load_official(state, method, task, **{**SIZES, **more})


def test_sizes_are_read_from_the_tensors():
    model = load(official_state())
    assert (model.backbone.embed_dim, model.backbone.depth, model.backbone.num_heads) == (24, 2, 3)
    assert model(torch.randn(2, 40, 3)).shape == (2, 5)
    assert not model.training


def test_linear_head():
    state = {key: value for key, value in official_state().items() if not key.startswith('cls_head_finetune')}
    state |= {'cls_head_finetune.0.weight': torch.rand(7, 96), 'cls_head_finetune.0.bias': torch.rand(7)}
    assert load(state, 'linear')(torch.randn(2, 40, 3)).shape == (2, 7)


@pytest.mark.parametrize('key', ['blocks.blocks.1.attn.qkv.weight', 'encoder.first_conv.1.running_mean', 'norm.bias'])
def test_a_missing_key_is_named(key):
    state = official_state()
    del state[key]
    stem = key.removeprefix('blocks.blocks.1.').removeprefix('encoder.').split('.')[-1]
    with pytest.raises(UsageError, match=rf'missing.*{stem}'):
        load(state)


def test_a_key_too_many_is_named():
    with pytest.raises(UsageError, match=r'left over: backbone\.adapter\.weight'):
        load({**official_state(), 'adapter.weight': torch.rand(3)})


def test_a_wrong_shape_is_named():
    with pytest.raises(UsageError, match=r'of another shape: backbone.blocks.0.attn.proj.weight'):
        load({**official_state(), 'blocks.blocks.0.attn_contrast.proj.weight': torch.rand(3, 3)})


def test_classify_needs_a_head():
    state = {key: value for key, value in official_state().items() if not key.startswith('cls_head_finetune')}
    with pytest.raises(UsageError, match='holds no classifier'):
        load(state)


def test_zero_shot_needs_one_shared_space():
    state = official_state()
    with pytest.raises(UsageError, match='missing img_proj'):
        load(state, 'zero_shot')
    for name, width in (('img_proj', 9), ('text_proj', 7)):
        state |= {f'{name}.weight': torch.rand(width, 24), f'{name}.bias': torch.rand(width)}
    with pytest.raises(UsageError, match=r'9 outputs and text_proj\.weight 7'):
        load(state, 'zero_shot')


@pytest.mark.parametrize(
    ('method', 'task'), [('recon', 'segment'), ('point_mae', 'zero_shot'), ('pointbert', 'classify')]
)
def test_unknown_tasks(method, task):
    with pytest.raises(UsageError, match='no official checkpoints of method'):
        load(official_state(), task, method)


def test_heads_cannot_be_guessed_from_odd_widths():
    with pytest.raises(UsageError, match='pass num_heads'):
        load(official_state(), num_heads=None)


def test_parameters_of_the_paper():
    def size(backbone):
        model = MODELS.build(dict(type='PointClassifier', backbone=zoo.hub.backbone_config(backbone), num_classes=15))
        return sum(parameter.numel() for parameter in model.parameters())

    with torch.device('meta'):
        for name, finetuned, pretrained in (
            ('recon-tiny', 11_353_231, 13_154_272),
            ('recon-small', 19_733_263, 22_944_096),
            ('recon-base', 43_571_215, 50_781_280),
        ):
            assert size(name) == finetuned
            model = MODELS.build(load_config(f'configs/{name.replace("-", "/")}.py').model)
            assert sum(parameter.numel() for parameter in model.parameters()) == pretrained
        assert size('point-mae-base') == 22_093_327
