"""The supervised baselines have the published sizes and train."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from zoo.config import load_config
from zoo.engine.schedule import fit
from zoo.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS, PARAM_SCHEDULERS

NAMES = ('pointnet', 'pointnet2', 'dgcnn', 'transformer')


def build(name, **changes):
    torch.manual_seed(0)
    return MODELS.build({**load_config(f'configs/supervised/{name}.py').model.to_dict(), **changes})


def convolution(*widths, bias=True):
    """Parameters of layers with batch norm: weights, biases, and scale and shift of the norm."""
    return sum(a * b + (b if bias else 0) + 2 * b for a, b in pairwise(widths))


def alignment(size):
    return convolution(size, 64, 128, 1024, 512, 256) + (256 + 1) * size * size


def last(classes):
    return (256 + 1) * classes


@pytest.mark.parametrize(
    ('name', 'expected', 'millions'),
    [
        # Layer sizes: released code. Millions: the papers' and later comparison tables (PointNet's own says 3.5 M).
        (
            'pointnet',
            alignment(3) + alignment(64) + convolution(3, 64, 64, 64, 128, 1024, 512, 256) + last(40),
            3.5,
        ),
        (
            'pointnet2',
            convolution(3, 64, 64, 128)
            + convolution(3 + 128, 128, 128, 256)
            + convolution(3 + 256, 256, 512, 1024, 512, 256)
            + last(40),
            1.5,
        ),
        (
            'dgcnn',
            sum(convolution(2 * a, b, bias=False) for a, b in ((3, 64), (64, 64), (64, 128), (128, 256)))
            + convolution(512, 1024, bias=False)
            + convolution(2048, 512, bias=False)
            + convolution(512, 256)
            + last(40),
            1.8,
        ),
    ],
)
def test_sizes_are_the_published_ones(name, expected, millions):
    size = sum(parameter.numel() for parameter in build(name, num_classes=40).parameters())
    assert size == expected
    assert round(size / 1e6, 1) == millions


def test_without_transforms_pointnet_is_the_vanilla_one():
    """0.8 M in the table of arXiv 1612.00593."""
    backbone = dict(type='PointNet', input_transform=False, feature_transform=False)
    size = sum(parameter.numel() for parameter in build('pointnet', backbone=backbone, num_classes=40).parameters())
    assert round(size / 1e6, 1) == 0.8


def test_the_transformer_has_the_size_of_point_mae():
    size = sum(parameter.numel() for parameter in build('transformer', num_classes=40).parameters())
    assert round(size / 1e6, 1) == 22.1


@pytest.mark.slow
@pytest.mark.parametrize('name', NAMES)
def test_its_recipe_lowers_the_loss(name):
    """Optimizer and schedule of the config build, and three steps on one small batch fit it better."""
    config = load_config(f'configs/supervised/{name}.py')
    model = build(name)
    for module in model.modules():  # chance would need many steps
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    wrapper = dict(config.optim_wrapper.to_dict())
    constructor = OPTIM_WRAPPER_CONSTRUCTORS.build(
        dict(type=wrapper.pop('constructor'), optim_wrapper_cfg=wrapper, paramwise_cfg=None)
    )
    optimizer = constructor(model)
    schedule = fit(config.param_scheduler.to_dict(), 100, 300, 3)
    PARAM_SCHEDULERS.build(dict(schedule, optimizer=optimizer, end=100))
    for group in optimizer.param_groups:  # the first epoch of a warm-up would not move
        group['lr'] = config.optim_wrapper.optimizer.lr / 10
    batch = dict(points=torch.randn(3, 96, 3).clamp(-1, 1), label=torch.tensor([0, 1, 35]))
    losses = []
    for _ in range(4):
        loss, shown = model.train().parse_losses(model.loss(**batch))
        optimizer.update_params(loss)
        losses.append(shown['loss'].item())
    assert losses[-1] < losses[0]


def test_they_share_data_and_classes_with_fine_tuning():
    first = load_config('configs/finetune/procedural.py')
    for name in NAMES:
        config = load_config(f'configs/supervised/{name}.py')
        assert config.model.num_classes == first.model.num_classes
        for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
            assert config[loader].dataset == first[loader].dataset
