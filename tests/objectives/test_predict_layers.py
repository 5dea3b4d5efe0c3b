from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.backbones.test_contract import PLAIN
from tests.objectives.test_objectives import decoded
from tests.refusals import refused
from zoo.registry import MODELS

STUDENT = {**PLAIN, 'drop_path': 0.0}
RANDOM = dict(type='random', ratio=0.6)
POINTS = torch.randn(3, 40, 3, generator=torch.Generator().manual_seed(0))


def pretrainer(student, mask=RANDOM, **goal):
    """A pretrainer with one objective on masked groups, and weights of which every one matters."""
    torch.manual_seed(0)
    goal = {'decoder': dict(depth=1, drop_path=0.0), **goal}
    model = MODELS.build(dict(type='Pretrainer', backbone=student, mask=mask, objectives=dict(goal=goal)))
    model.after_step(0.0)  # a teacher begins as the student, and is not the student any more
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.train()


def build(student=STUDENT, **goal):
    return pretrainer(student, **{'type': 'PredictLayers', 'layers': 2, **goal})


def normed(token):
    """Zero mean, unit variance, as layer norm without weights has it."""
    return (token - token.mean()) / np.sqrt(token.var() + 1e-5)


def smooth_l1(prediction, target, beta=2.0):
    """Mean over channels, channel by channel."""
    losses = [0.5 * e * e / beta if e < beta else e - 0.5 * beta for e in np.abs(prediction - target)]
    return sum(losses) / len(losses)


def teacher_tokens(model, layers):
    """Targets (B, G, C) by loops, from the clouds themselves rather than from groups."""
    with torch.no_grad():
        seen = model.objectives.goal.teacher.network(POINTS, return_layers=True).layers
    seen = [layer.double().numpy() for layer in seen]
    clouds, groups, _ = seen[0].shape
    means = [[sum(normed(s[b, g]) for s in seen[-layers:]) / layers for g in range(groups)] for b in range(clouds)]
    return [[normed(token) for token in row] for row in means]


@pytest.mark.parametrize('layers', [1, 2])
def test_loss_is_that_of_the_paper(layers):
    model = build(layers=layers, beta=0.3)
    goal, output = model.objectives.goal, model.encode(POINTS)
    targets = teacher_tokens(model, layers)
    with torch.no_grad():
        prediction = goal.head(decoded(goal, output)).double().numpy()
    total = [
        smooth_l1(prediction[b, i], targets[b][g], 0.3)
        for b in range(3)
        for i, g in enumerate(output.masked[b].tolist())
    ]
    assert len(total) == 3 * 4
    assert goal(output, {}).item() == pytest.approx(sum(total) / len(total), rel=1e-5)


def test_replaced_tokens_make_it_data2vec():
    model = build({**STUDENT, 'masked_tokens': 'replace'}, decoder=None)
    goal, output = model.objectives.goal, model.encode(POINTS)
    targets = teacher_tokens(model, 2)
    prediction = goal.head(output.tokens).detach().double().numpy()
    total = [smooth_l1(prediction[b, g], targets[b][g]) for b, g in output.mask.nonzero().tolist()]
    assert goal(output, {}).item() == pytest.approx(sum(total) / len(total), rel=1e-5)


def test_the_teacher_has_no_gradient_and_follows():
    model = build(teacher=dict(start=0.75))
    model.loss(POINTS)['loss_goal'].backward()
    teacher = model.objectives.goal.teacher.network
    assert all(parameter.grad is None for parameter in teacher.parameters())
    student = dict(model.backbone.named_parameters())
    moved = {name for name, parameter in student.items() if parameter.grad is not None and bool(parameter.grad.any())}
    assert moved == set(student)
    before = {name: parameter.clone() for name, parameter in teacher.named_parameters()}
    model.after_step(0.0)
    for name, parameter in teacher.named_parameters():
        torch.testing.assert_close(parameter, 0.75 * before[name] + 0.25 * student[name])


def test_layers_the_student_does_not_have():
    assert "'goal': layers=4 of a student that has 3" in refused(build, layers=4)
