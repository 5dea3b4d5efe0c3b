from __future__ import annotations

import math

import pytest
import torch

from zoo.objectives.losses import LOSSES, class_contrast, cosine_loss, info_nce, similarities, view_contrast


def slow_info_nce(a, b, temperature, names=None):
    """One row and one direction at a time; objects of the same name are left out beside the own one."""
    names, total = names or range(len(a)), 0.0
    for left, right in ((a, b), (b, a)):
        for i in range(len(left)):
            rows = [right[j] if j == i or names[j] != names[i] else None for j in range(len(right))]
            scores = [
                -math.inf if row is None else float(torch.cosine_similarity(left[i], row, dim=0)) / temperature
                for row in rows
            ]
            total += -math.log(math.exp(scores[i]) / sum(map(math.exp, scores)))
    return total / (2 * len(a))


def slow_class_contrast(embedding, class_id, temperature):
    """One object at a time: mean similarity to the own class against every other object."""
    total = 0.0
    for i in range(len(embedding)):
        similarity = [float(embedding[i] @ row) / temperature for row in embedding]
        own = [value for value, other in zip(similarity, class_id, strict=True) if other == class_id[i]]
        rest = [value for value, other in zip(similarity, class_id, strict=True) if other != class_id[i]]
        positive = sum(own) / len(own)
        total += -positive + math.log(math.exp(positive) + sum(map(math.exp, rest)))
    return total / len(embedding)


def slow_view_contrast(first, second, temperature):
    """One view at a time: its other view against all views but itself."""
    views = [*zip(first, range(len(first)), strict=True), *zip(second, range(len(second)), strict=True)]
    total = 0.0
    for i, (view, owner) in enumerate(views):
        scores = {j: math.exp(float(view @ other) / temperature) for j, (other, _) in enumerate(views) if j != i}
        partner = next(j for j, (_, other) in enumerate(views) if other == owner and j != i)
        total += -math.log(scores[partner] / sum(scores.values()))
    return total / len(views)


@pytest.mark.parametrize('temperature', [0.1, 0.5, 2.0])
@pytest.mark.parametrize('size', [1, 2, 7])
def test_view_contrast(size, temperature):
    torch.manual_seed(size)
    first, second = (torch.nn.functional.normalize(torch.randn(size, 8), dim=-1) for _ in range(2))
    expected = slow_view_contrast(first, second, temperature)
    assert float(view_contrast(first, second, temperature)) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_similarities_stay_exact_under_autocast():
    a, b = torch.randn(5, 64), torch.randn(7, 64)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        found = similarities(a, b)
    torch.testing.assert_close(found, a @ b.T)


@pytest.mark.parametrize('temperature', [0.07, 0.5])
def test_info_nce(temperature):
    torch.manual_seed(0)
    a, b = torch.randn(6, 8), torch.randn(6, 8)
    assert float(info_nce(a, b, temperature)) == pytest.approx(slow_info_nce(a, b, temperature), rel=1e-4)


@pytest.mark.parametrize('names', [[0, 1, 2, 3, 4, 5], [0, 1, 0, 2, 1, 0], [0, 0, 0, 0, 0, 0]])
def test_info_nce_of_objects_with_equal_targets(names):
    torch.manual_seed(0)
    a, b = torch.randn(6, 8), torch.randn(6, 8)[names] * torch.rand(6, 1)
    expected = slow_info_nce(a, b, 0.07, names)
    assert float(info_nce(a, b, 0.07, spare_equal=True)) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize('temperature', [0.1, 1.0])
@pytest.mark.parametrize('class_id', [[0, 0, 1, 2, 2, 2], [0, 1, 2, 3, 4, 5], [1, 1, 1, 1, 1, 1]])
def test_class_contrast(class_id, temperature):
    torch.manual_seed(0)
    embedding = torch.nn.functional.normalize(torch.randn(6, 8), dim=-1)
    ours = class_contrast(embedding, torch.tensor(class_id), temperature)
    assert float(ours) == pytest.approx(slow_class_contrast(embedding, class_id, temperature), rel=1e-4, abs=1e-5)


def test_cosine_loss():
    a = torch.randn(4, 8)
    assert float(cosine_loss(a, 3 * a)) == pytest.approx(0.0, abs=1e-6)
    assert float(cosine_loss(a, -a)) == pytest.approx(2.0, abs=1e-6)


@pytest.mark.parametrize('name', LOSSES)
def test_every_loss_has_a_gradient_and_prefers_the_truth(name):
    torch.manual_seed(0)
    target = torch.randn(5, 8)
    wrong = torch.randn(5, 8, requires_grad=True)
    LOSSES[name](wrong, target).backward()
    assert wrong.grad is not None
    assert wrong.grad.abs().sum() > 0
    assert LOSSES[name](target, target) < LOSSES[name](wrong, target)
