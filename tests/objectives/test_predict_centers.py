from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.objectives.test_predict_layers import POINTS, STUDENT
from zoo.errors import UsageError
from zoo.registry import MODELS

UNPLACED = {**STUDENT, 'masked_tokens': 'unplace', 'position': 'waves', 'order': 'shape'}
WIDTH, HEADS = STUDENT['embed_dim'], STUDENT['num_heads']


def build(student=UNPLACED, **goal):
    torch.manual_seed(0)
    settings = {'type': 'PredictCenters', 'decoder': dict(depth=2, drop_path=0.0), **goal}
    objectives = dict(centers=settings)
    model = MODELS.build(
        dict(type='Pretrainer', backbone=student, mask=dict(type='random', ratio=0.6), objectives=objectives)
    )
    with torch.no_grad():  # weights of which every one matters
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.double()


class Slow:
    """The method told token by token, from the weights of a model alone."""

    def __init__(self, model):
        self.weights = {key: value.numpy() for key, value in model.state_dict().items()}

    def linear(self, name, x):
        return self.weights[f'{name}.weight'] @ x + self.weights.get(f'{name}.bias', 0.0)

    def norm(self, name, x):
        return (x - x.mean()) / np.sqrt(x.var() + 1e-5) * self.weights[f'{name}.weight'] + self.weights[f'{name}.bias']

    def perceptron(self, name, x):
        hidden = self.linear(f'{name}.fc1', x)
        return self.linear(f'{name}.fc2', np.array([h * (1 + math.erf(h / math.sqrt(2))) / 2 for h in hidden]))

    def block(self, name, tokens, allowed):
        """Pre-norm attention and perceptron; token i reads the tokens ``allowed[i]``."""
        normed = [self.norm(f'{name}.norm1', token) for token in tokens]
        q, k, v = zip(*(np.split(self.weights[f'{name}.attn.qkv.weight'] @ token, 3) for token in normed), strict=True)
        after = []
        for i, token in enumerate(tokens):
            mixed = np.zeros(WIDTH)
            for head in np.split(np.arange(WIDTH), HEADS):
                scores = {j: math.exp(q[i][head] @ k[j][head] / math.sqrt(WIDTH / HEADS)) for j in allowed[i]}
                mixed[head] = sum(score * v[j][head] for j, score in scores.items()) / sum(scores.values())
            token = token + self.linear(f'{name}.attn.proj', mixed)
            after.append(token + self.perceptron(f'{name}.mlp', self.norm(f'{name}.norm2', token)))
        return after

    def blocks(self, name, depth, tokens, positions, allowed):
        for i in range(depth):
            placed = [token + position for token, position in zip(tokens, positions, strict=True)]
            tokens = self.block(f'{name}.blocks.{i}', placed, allowed)
        return [self.norm(f'{name}.norm', token) for token in tokens]

    def head(self, x):
        hidden = self.norm('objectives.centers.centers.1', self.linear('objectives.centers.centers.0', x))
        return self.linear('objectives.centers.centers.3', np.maximum(hidden, 0))

    def losses(self, tokens, neighborhoods, centers, mask):
        """Chamfer distances and squared errors of one cloud's masked groups."""
        shown, hidden = np.flatnonzero(~mask), np.flatnonzero(mask)
        place = {group: self.perceptron('backbone.position', slow_waves(centers[group])) for group in shown}
        unknown = self.weights['backbone.mask_position'][0, 0]
        order, visible = [*shown, *hidden], range(len(shown))
        encoded = self.blocks(
            'backbone',
            STUDENT['depth'],
            [tokens[group] for group in order],
            [place.get(group, unknown) for group in order],
            [visible if group in place else range(len(order)) for group in order],
        )
        predicted = [self.head(token) for token in encoded[len(shown) :]]
        errors = [np.square(p - slow_waves(centers[g])).mean() for p, g in zip(predicted, hidden, strict=True)]
        goal = 'objectives.centers'
        codes = [*(slow_waves(centers[group]) for group in shown), *predicted]
        decoded = self.blocks(
            f'{goal}.decoder',
            2,
            [*encoded[: len(shown)], *[self.weights[f'{goal}.decoder.mask_token'][0, 0]] * len(hidden)],
            [self.perceptron(f'{goal}.decoder.position', code) for code in codes],
            [range(len(order))] * len(order),
        )
        points = [self.linear(f'{goal}.head', token).reshape(-1, 3) for token in decoded[len(shown) :]]
        return [chamfer(p, neighborhoods[g]) for p, g in zip(points, hidden, strict=True)], errors


def slow_waves(center):
    count = WIDTH // 6
    angles = [[x / 10000 ** (i / count) for i in range(count)] for x in center]
    return np.array([wave(angle) for axis in angles for wave in (math.sin, math.cos) for angle in axis])


def chamfer(a, b):
    return np.mean([min(np.square(p - q).sum() for q in b) for p in a]) + np.mean(
        [min(np.square(p - q).sum() for q in a) for p in b]
    )


def test_loss_is_that_of_the_paper():
    model = build(center_weight=0.3)
    output = model.encode(POINTS.double())
    with torch.no_grad():
        tokens = model.backbone.patch_embed(output.neighborhoods)
        found = model.objectives['centers'](output, {}).item()
    parts = (tokens, output.neighborhoods, output.centers, output.mask)
    slow = Slow(model)
    clouds = [slow.losses(*(part[b].numpy() for part in parts)) for b in range(3)]
    distances, errors = ([value for cloud in clouds for value in cloud[i]] for i in (0, 1))
    assert len(distances) == len(errors) == 3 * 4
    # Squared errors are taken in float32.
    assert found == pytest.approx(np.mean(distances) + 0.3 * np.mean(errors), rel=1e-7)


def test_the_decoder_does_not_move_what_it_is_told():
    """Head and unplaced tokens have no gradient of the Chamfer distance, but of the squared error."""

    def moved(center_weight):
        model = build(center_weight=center_weight)
        model.loss(POINTS.double())['loss_centers'].backward()
        grads = {name: parameter.grad for name, parameter in model.named_parameters()}
        return {name for name, grad in grads.items() if grad is not None and bool(grad.any())}, set(grads)

    told, every = moved(0.0)
    assert every - told == {name for name in every if '.centers.centers.' in name} | {'backbone.mask_position'}
    assert moved(0.1)[0] == every


def test_the_decoder_is_not_told_the_masked_centers():
    """Chamfer distances do not change when masked groups move as a whole; the squared error does."""
    model = build(center_weight=0.0)
    neighborhoods, centers = model.backbone.group(POINTS.double())
    mask = model.mask((neighborhoods, centers), model.backbone)
    goal = model.objectives['centers']

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
        model.objectives.centers(model.backbone(POINTS.double()), {})
