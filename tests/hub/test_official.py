"""Checkpoints that do not fit say so by naming keys."""

from __future__ import annotations

import re

import pytest
import torch

import zoo
from tests.refusals import refused
from tests.teachers.tokenizers.tiny import random_tensors
from zoo.config import load_config
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


def spoilt(without='', **more):
    """The released tensors without those whose names begin so, and with others."""
    return {key: value for key, value in official_state().items() if not without or not key.startswith(without)} | more


SPACES = {
    f'{name}_proj.{kind}': torch.rand(*shape)
    for name, width in (('img', 9), ('text', 7))
    for kind, shape in (('weight', (width, 24)), ('bias', (width,)))
}


@pytest.mark.parametrize(
    ('state', 'options', 'message'),
    [
        (spoilt('blocks.blocks.1.attn.qkv.weight'), {}, 'missing.*qkv'),
        (spoilt('encoder.first_conv.1.running_mean'), {}, 'missing.*running_mean'),
        (spoilt('norm.bias'), {}, 'missing.*bias'),
        (spoilt(**{'adapter.weight': torch.rand(3)}), {}, r'left over: backbone\.adapter\.weight'),
        (
            spoilt(**{'blocks.blocks.0.attn_contrast.proj.weight': torch.rand(3, 3)}),
            {},
            r'of another shape: backbone\.blocks\.0\.attn\.proj\.weight',
        ),
        (spoilt('cls_head_finetune'), {}, 'holds no classifier'),
        (spoilt(), {'task': 'zero_shot'}, 'missing img_proj'),
        (spoilt(**SPACES), {'task': 'zero_shot'}, r'9 outputs and text_proj\.weight 7'),
        (spoilt(), {'task': 'segment'}, 'no official checkpoints of method'),
        (spoilt(), {'task': 'zero_shot', 'method': 'point_mae'}, 'no official checkpoints of method'),
        (spoilt(), {'method': 'pointbert'}, 'no official checkpoints of method'),
        (spoilt(), {'num_heads': None}, 'pass num_heads'),
    ],
)
def test_what_does_not_fit_is_named(state, options, message):
    assert re.search(message, refused(load, state, **options))


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
