from __future__ import annotations

import itertools
import math

import pytest
import torch

from tests.backbones.test_contract import CLOUD_CASES, SMALL
from zoo.errors import UsageError
from zoo.objectives import AlignViews
from zoo.registry import BACKBONES


def student_of(queries):
    torch.manual_seed(0)
    return BACKBONES.build({**SMALL, 'queries': queries}).eval()


def brute_force(predictions, targets):
    """One cloud at a time: every way to pair the smaller side with the larger, the best by sum of cosines."""
    total = 0.0
    for prediction, target in zip(predictions.tolist(), targets.tolist(), strict=True):
        prediction, target = ([[x / math.hypot(*row) for x in row] for row in side] for side in (prediction, target))
        small, large = sorted((prediction, target), key=len)
        best = max(
            itertools.permutations(large, len(small)),
            key=lambda chosen: sum(
                a * b for x, y in zip(small, chosen, strict=True) for a, b in zip(x, y, strict=True)
            ),
        )
        gaps = [abs(a - b) for x, y in zip(small, best, strict=True) for a, b in zip(x, y, strict=True)]
        total += sum(0.5 * gap**2 if gap < 1 else gap - 0.5 for gap in gaps) / len(gaps)
    return total / len(predictions)


@pytest.mark.parametrize(('queries', 'views'), [(4, 4), (3, 5), (5, 3), (1, 4), (4, 1)])
def test_it_is_the_best_of_all_permutations(queries, views):
    student = student_of(tuple(f'image_{number}' for number in range(1, queries + 1)))
    goal = AlignViews('image', student, target_dim=3)
    output = student(torch.randn(3, 40, 3))
    feature = torch.randn(3, views, 3)
    loss = goal(output, {'image_feature': feature})
    predictions = goal.projection(torch.stack(list(output.queries.values()), dim=1))
    assert loss.item() == pytest.approx(brute_force(predictions, feature), rel=1e-5)
    shuffled = feature[:, torch.randperm(views)]
    torch.testing.assert_close(goal(output, {'image_feature': shuffled}), loss)
    loss.backward()
    assert bool(goal.projection.weight.grad.any())


def test_one_feature_is_one_view():
    student = student_of(('image_1', 'image_2', 'text'))
    goal = AlignViews('image', student, target_dim=4)
    assert goal.queries == ['image_1', 'image_2']
    output, feature = student(torch.randn(2, 40, 3)), torch.randn(2, 4)
    assert torch.equal(goal(output, {'image_feature': feature}), goal(output, {'image_feature': feature[:, None]}))


def test_pooled_features_stand_for_one_query():
    student = BACKBONES.build(CLOUD_CASES['dgcnn'])
    goal = AlignViews('image', student, target_dim=4)
    assert goal(student(torch.randn(2, 40, 3)), {'image_feature': torch.randn(2, 3, 4)}).isfinite()


def test_queries_of_other_names_are_refused():
    with pytest.raises(UsageError, match="'image' reads queries 'image_1' and so on, the backbone has cls, text"):
        AlignViews('image', student_of(('cls', 'text')), target_dim=4)


def test_what_is_not_finite_stays_so():
    student = student_of(('image_1', 'image_2'))
    goal = AlignViews('image', student, target_dim=4)
    output = student(torch.randn(2, 40, 3))
    assert goal(output, {'image_feature': torch.full((2, 2, 4), float('nan'))}).isnan()
