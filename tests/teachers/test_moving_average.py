from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.refusals import refused
from zoo.teachers import MovingAverage


def student():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))


def test_follows_as_the_formula_says():
    followed = student()
    teacher = MovingAverage(followed, start=0.5, end=0.9, ramp=0.5)
    expected = {}
    optimizer = torch.optim.SGD([p for p in (*followed.parameters(), *teacher.parameters()) if p.requires_grad], 0.01)
    for step in range(8):
        followed(torch.randn(6, 3)).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        teacher.after_step(followed, (step + 1) / 8)
        momentum = min(0.5 + 0.4 * 2 * (step + 1) / 8, 0.9)
        for name, value in followed.named_parameters():
            value = value.detach().clone()
            expected[name] = momentum * expected[name] + (1 - momentum) * value if step else value
    for name, value in teacher.network.named_parameters():
        torch.testing.assert_close(value, expected[name])
    assert teacher.momentum(0.25) == pytest.approx(0.7)
    assert teacher.momentum(1.0) == pytest.approx(0.9)


def test_statistics_follow_with_the_weights_from_the_first_ones_on():
    followed = student().train()
    teacher = MovingAverage(followed, start=0.75, end=0.75)
    expected = None
    for step in range(5):
        followed(torch.randn(6, 3) * 3**step)
        teacher.after_step(followed, 0.5)
        now = followed[1].running_var.clone()
        expected = now if expected is None else 0.75 * expected + 0.25 * now
        torch.testing.assert_close(teacher.network[1].running_var, expected)
        if step == 2:  # resumed from a checkpoint
            state, teacher = teacher.state_dict(), MovingAverage(student(), start=0.75, end=0.75)
            teacher.load_state_dict(state)
    assert teacher.network[1].num_batches_tracked == 5


def test_a_runner_that_draws_or_loads_weights_anew_moves_the_teacher_too():
    followed = student()
    teacher = MovingAverage(followed, start=0.9998)
    with torch.no_grad():
        followed[0].weight.normal_()
    teacher.after_step(followed, 0.0)
    assert all(torch.equal(value, followed.state_dict()[name]) for name, value in teacher.network.state_dict().items())


def test_a_slow_teacher_says_what_it_said_while_the_student_moves_away():
    followed = student()
    teacher = MovingAverage(followed, start=0.9998, end=0.9998)
    clouds = torch.randn(64, 3)
    followed.train()(clouds)
    teacher.after_step(followed, 0.0)
    before = teacher(clouds)
    for _ in range(20):
        with torch.no_grad():
            followed[0].weight.mul_(1.3)
        followed(clouds)
        teacher.after_step(followed, 0.0)
    # The student's own statistics are those of activations tens of times as large.
    assert float(followed[1].running_var.mean()) > 100 * float(teacher.network[1].running_var.mean())
    torch.testing.assert_close(teacher(clouds), before, rtol=0.5, atol=0.3)


def test_has_no_gradient_and_drops_nothing():
    teacher = MovingAverage(student()).train()
    inputs = torch.randn(5, 3, requires_grad=True)
    assert torch.equal(teacher(inputs), teacher(inputs))
    assert not teacher(inputs).requires_grad
    assert not any(parameter.requires_grad for parameter in teacher.parameters())


@pytest.mark.parametrize('wrong', [dict(start=1.5), dict(end=-0.1), dict(ramp=0)])
def test_momenta_that_cannot_be(wrong):
    assert 'MovingAverage' in refused(MovingAverage, student(), **wrong)
