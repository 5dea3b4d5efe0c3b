from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from benchmarks.protocols.held_out_loss import MASK_SEED, TEMPERATURE, HeldOutLoss, held_out_losses
from tests.backbones.test_contract import PLAIN, SMALL
from tests.benchmarks.protocols.parts import cloud, measured, parts, spread, unaligned
from zoo.errors import UsageError
from zoo.layers import RandomMask
from zoo.registry import MODELS

DIM, POINTS = 5, 24
WEIGHTS = {'image': 2.0, 'text': 1.0}


def student(fusion='cross', mask=None, norm='layer', **changes):
    torch.manual_seed(1)
    align = {'type': 'AlignModality', 'target_dim': DIM, 'target_norm': norm, **changes}
    model = MODELS.build(
        {
            'type': 'Pretrainer',
            'backbone': {**SMALL, 'fusion': fusion, 'queries': tuple(WEIGHTS)},
            'objectives': {name: {**align, 'weight': weight} for name, weight in WEIGHTS.items()},
            'mask': mask,
        }
    )
    return spread(model)


@pytest.fixture
def data(tmp_path):
    return parts(tmp_path)[1]


def features(data):
    """Pictures of their own, texts that are shared by two."""
    generator = torch.Generator().manual_seed(0)
    image = 3 * torch.randn(len(data), DIM, generator=generator) + 1
    text = torch.randn(len(data), DIM, generator=generator)
    text[1::2] = text[: len(data) - 1 : 2]
    return {'image_feature': image, 'text_feature': text}


def targets(given, name, norm):
    rows = given[f'{name}_feature'].double().numpy()
    return [(row - row.mean()) / row.std() if norm == 'layer' else row for row in rows]


def one_loss(predicted, target):
    """Mean smooth L1, number by number."""
    apart = [
        abs(float(a) - float(b)) for p, t in zip(predicted, target, strict=True) for a, b in zip(p, t, strict=True)
    ]
    return np.mean([0.5 * value**2 if value < 1 else value - 0.5 for value in apart])


@torch.no_grad()
def predictions(model, data, masks=None):
    """Of one object at a time, through the projection by hand."""
    found = {'image': [], 'text': []}
    for index in range(len(data)):
        mask = None if masks is None else masks[index : index + 1]
        queries = model.backbone(cloud(data, index, POINTS), mask).queries
        for name, rows in found.items():
            layer = model.objectives[name].projection
            rows.append((layer.weight @ queries[name][0] + layer.bias).double().numpy())
    return found


def contrast(predicted, target):
    """InfoNCE in both directions and recall, object by object."""
    unit = lambda row: row / math.sqrt(sum(float(v) ** 2 for v in row))  # noqa: E731
    cosines = np.array([[unit(p) @ unit(t) for t in target] for p in predicted])
    loss = 0.0
    for i in range(len(predicted)):
        for line in (cosines[i], cosines[:, i]):
            loss -= math.log(math.exp(line[i] / TEMPERATURE) / sum(math.exp(v / TEMPERATURE) for v in line))
    right = [any(np.allclose(target[i], target[j]) for j in [int(np.argmax(cosines[i]))]) for i in range(len(target))]
    return loss / (2 * len(predicted)), 100 * float(np.mean(right))


@pytest.mark.parametrize('fusion', ['joint', 'cross'])
@pytest.mark.parametrize('norm', ['layer', 'none'])
def test_every_figure_equals_a_loop_over_objects(data, fusion, norm):
    model, given = student(fusion, norm=norm), features(data)
    found = held_out_losses(model, data, given, POINTS)
    predicted, total, constant = predictions(model, data), 0.0, 0.0
    for name, weight in WEIGHTS.items():
        target = targets(given, name, norm)
        one = one_loss(predicted[name], target)
        total += weight * one
        constant += weight * one_loss([np.mean(target, axis=0)] * len(target), target)
        assert found[f'loss/{name}'] == pytest.approx(weight * one, rel=1e-4)
        expected, recall = contrast(predicted[name], target)
        assert found[f'info_nce/{name}'] == pytest.approx(expected, rel=1e-4)
        assert found[f'recall/{name}'] == pytest.approx(recall)
    assert found['loss'] == pytest.approx(total, rel=1e-4)
    assert found['loss_constant'] == pytest.approx(constant, rel=1e-4)
    assert 'loss_masked' not in found


def test_masks_are_those_of_pretraining_and_of_one_seed(data):
    model, given = student(mask={'type': 'random', 'ratio': 0.5}), features(data)
    state = torch.get_rng_state()
    first, second = (held_out_losses(model, data, given, POINTS) for _ in range(2))
    assert first == second
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(MASK_SEED)
    masks = RandomMask(0.5)((None, torch.zeros(len(data), SMALL['num_groups'], 3)), None)
    predicted = predictions(model, data, masks)
    expected = sum(
        weight * one_loss(predicted[name], targets(given, name, 'layer')) for name, weight in WEIGHTS.items()
    )
    assert first['loss_masked'] == pytest.approx(expected, rel=1e-4)
    assert first['loss_masked'] != pytest.approx(first['loss'], rel=1e-3)
    # What is measured on whole clouds does not depend on how a method masks.
    assert held_out_losses(student(), data, given, POINTS)['loss'] == first['loss']


def test_another_training_loss_is_the_one_that_is_measured(data):
    found = held_out_losses(student(loss='info_nce', temperature=TEMPERATURE), data, features(data), POINTS)
    # Training spares objects that share a caption; the figure beside it does not.
    assert 0 < found['loss/text'] < found['info_nce/text']
    assert found['loss/image'] == pytest.approx(2 * found['info_nce/image'])


def test_a_student_that_is_aligned_with_nothing_is_refused(data):
    with pytest.raises(UsageError, match='cmc or recon'):
        measured(HeldOutLoss(), unaligned(PLAIN), None, data)
