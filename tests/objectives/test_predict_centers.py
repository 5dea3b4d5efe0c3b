from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.objectives.test_predict_layers import POINTS, STUDENT, pretrainer
from zoo.errors import UsageError

UNPLACED = {**STUDENT, 'masked_tokens': 'unplace', 'position': 'waves', 'order': 'shape'}
WIDTH = STUDENT['embed_dim']


def build(student=UNPLACED, **goal):
    return pretrainer(student, type='PredictCenters', **goal).double()


def slow_waves(center):
    count = WIDTH // 6
    angles = [[x / 10000 ** (i / count) for i in range(count)] for x in center]
    return np.array([wave(angle) for axis in angles for wave in (math.sin, math.cos) for angle in axis])


def chamfer(a, b):
    return np.mean([min(np.square(p - q).sum() for q in b) for p in a]) + np.mean(
        [min(np.square(p - q).sum() for q in a) for p in b]
    )


def test_loss_is_that_of_the_paper():
    """Group by group: a head reads waves off what has no place, and the decoder gets these for positions."""
    model = build(center_weight=0.3)
    goal, output = model.objectives.goal, model.encode(POINTS.double())
    distances, errors = [], []
    with torch.no_grad():
        for b, (shown, hidden) in enumerate(zip(output.visible.tolist(), output.masked.tolist(), strict=True)):
            codes = np.array([slow_waves(output.centers[b, group].tolist()) for group in shown])
            predicted = goal.centers(output.unplaced[b])
            decoded = goal.decoder(output.tokens[b : b + 1], torch.from_numpy(codes)[None], predicted[None])[0]
            for group, token, wave in zip(hidden, decoded, predicted.numpy(), strict=True):
                points = goal.head(token).reshape(-1, 3).numpy()
                distances.append(chamfer(points, output.neighborhoods[b, group].numpy()))
                errors.append(np.square(wave - slow_waves(output.centers[b, group].tolist())).mean())
    assert len(distances) == len(errors) == 3 * 4
    # Squared errors are taken in float32.
    assert goal(output, {}).item() == pytest.approx(np.mean(distances) + 0.3 * np.mean(errors), rel=1e-7)


def test_the_decoder_does_not_move_what_it_is_told():
    """Head and unplaced tokens have no gradient of the Chamfer distance, but of the squared error."""

    def moved(center_weight):
        model = build(center_weight=center_weight)
        model.loss(POINTS.double())['loss_goal'].backward()
        grads = {name: parameter.grad for name, parameter in model.named_parameters()}
        return {name for name, grad in grads.items() if grad is not None and bool(grad.any())}, set(grads)

    told, every = moved(0.0)
    assert every - told == {name for name in every if '.goal.centers.' in name} | {'backbone.mask_position'}
    assert moved(0.1)[0] == every


def test_the_decoder_is_not_told_the_masked_centers():
    """Chamfer distances do not change when masked groups move as a whole; the squared error does."""
    model = build(center_weight=0.0)
    neighborhoods, centers = model.backbone.group(POINTS.double())
    mask = model.mask((neighborhoods, centers), model.backbone)
    goal = model.objectives.goal

    def loss(moved):
        return goal(model.backbone(POINTS, mask, groups=(neighborhoods, centers + moved * mask.unsqueeze(-1))), {})

    assert loss(0.0).item() == loss(0.5).item()
    goal.center_weight = 1.0
    assert loss(0.0).item() != pytest.approx(loss(0.5).item(), rel=1e-3)


def test_order_of_points_does_not_matter():
    model, points = build(), POINTS.double()
    mask = model.encode(points).mask
    shuffled = points[:, torch.randperm(points.shape[1])]
    torch.testing.assert_close(model.loss(shuffled, mask), model.loss(points, mask))


def test_students_and_batches_that_do_not_fit():
    with pytest.raises(UsageError, match=r'needs unplaced of its .* choose PointTransformer with other arguments or'):
        build({**UNPLACED, 'masked_tokens': 'drop'})
    model = build()
    with pytest.raises(ValueError, match='PredictCenters needs masked groups'):
        model.objectives.goal(model.backbone(POINTS.double()), {})
