from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.objectives.test_predict_layers import STUDENT, normed, pretrainer, smooth_l1
from zoo.layers import RandomMask
from zoo.objectives.predict_blocks import ContextMask, nearest_order

GROUPS = 32
CONTEXT = dict(type='context', ratio=0.72)
POINTS = torch.randn(3, 150, 3, generator=torch.Generator().manual_seed(0))


def build(mask=CONTEXT, **goal):
    decoder = dict(depth=1, drop_path=0.0, width=12, num_heads=2)
    return pretrainer({**STUDENT, 'num_groups': GROUPS}, mask, type='PredictBlocks', decoder=decoder, **goal)


def slow_order(points):
    left = list(range(len(points)))
    order = [min(left, key=lambda i: (sum(points[i].tolist()), i))]
    left.remove(order[0])
    while left:
        order.append(min(left, key=lambda i: (np.square(points[i] - points[order[-1]]).sum(), i)))
        left.remove(order[-1])
    return order


@pytest.mark.parametrize('repeated', [False, True])
def test_order_is_that_of_a_greedy_walk(repeated):
    centers = torch.randn(4, 30, 3, generator=torch.Generator().manual_seed(1))
    if repeated:  # clouds of fewer points than groups have centers more than once
        centers[:, 20:] = centers[:, :10]
    assert nearest_order(centers).tolist() == [slow_order(row) for row in centers.numpy()]


def test_the_context_is_a_run_of_what_target_blocks_leave():
    """The same draws, told in loops."""
    centers = torch.randn(50, 64, 3, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(5)
    mask = ContextMask(0.72)((centers, centers), None)
    torch.manual_seed(5)
    starts, where = torch.randint(64 - 11 + 1, (50, 4, 1)), torch.rand(50, 1)
    firsts = set()
    for b, row in enumerate(mask):
        taken = {int(start) + i for start in starts[b] for i in range(11)}
        free = [group for place, group in enumerate(slow_order(centers[b].numpy())) if place not in taken]
        first = int(where[b] * (len(free) - 18 + 1))
        assert sorted(free[first : first + 18]) == (~row).nonzero().flatten().tolist()
        firsts.add((first == 0, first + 18 == len(free)))
    assert {(True, False), (False, True), (False, False)} <= firsts  # both ends are reached


def test_every_row_hides_the_same_number():
    for groups, ratio in ((32, 0.72), (64, 0.72), (64, 0.9), (7, 0.85)):
        mask = ContextMask(ratio)((None, torch.randn(9, groups, 3)), None)
        assert mask.sum(1).tolist() == [int(ratio * groups)] * 9


def test_a_context_that_may_not_fit_is_refused():
    with pytest.raises(ValueError, match=r'ratio 0\.5 shows 32 of 64 groups, 4 target blocks of 11 leave only 20'):
        ContextMask(0.5)((None, torch.randn(2, 64, 3)), None)


def test_targets_are_hidden_runs_and_any_of_them():
    model = build()
    goal = model.objectives.goal
    output = model.encode(POINTS)
    orders = [slow_order(row) for row in output.centers.numpy()]
    seen = [set() for _ in orders]
    for _ in range(300):
        blocks = goal.target_blocks(output)
        assert blocks.shape == (3, 4, 5)
        for b, row in enumerate(blocks.tolist()):
            for block in row:
                start = orders[b].index(block[0])
                assert block == orders[b][start : start + 5]
                assert output.mask[b, block].all()
                seen[b].add(start)
    for b, order in enumerate(orders):
        hidden = [bool(output.mask[b, group]) for group in order]
        assert seen[b] == {start for start in range(GROUPS - 4) if all(hidden[start : start + 5])}


def test_other_masks_leave_the_runs_that_are_hidden_most():
    model = build(mask=dict(type='random', ratio=0.5))
    output = model.encode(POINTS)
    for b, row in enumerate(model.objectives.goal.target_blocks(output)):
        order = slow_order(output.centers[b].numpy())
        most = max(int(output.mask[b, order[start : start + 5]].sum()) for start in range(GROUPS - 4))
        assert {int(output.mask[b, block].sum()) for block in row} == {most}
    with pytest.raises(ValueError, match='needs masked groups'):
        model.objectives.goal(model.backbone(POINTS), {})
    assert RandomMask(0.5).count(GROUPS) == output.masked.shape[1]


def test_loss_is_that_of_the_paper():
    """Every block by itself, from the context of its cloud, against the last layer of a teacher of whole clouds."""
    model = build()
    goal, output = model.objectives.goal, model.encode(POINTS)
    torch.manual_seed(7)
    blocks = goal.target_blocks(output).tolist()
    with torch.no_grad():
        teacher = goal.teacher.network(POINTS, return_layers=True).layers[-1].double().numpy()
    total = []
    for b, row in enumerate(blocks):
        context = output.centers[b : b + 1, output.visible[b]]
        for block in row:
            with torch.no_grad():
                decoded = goal.decoder(output.tokens[b : b + 1], context, output.centers[b : b + 1, block])
                assert decoded.shape == (1, 5, 12)
                prediction = goal.head(decoded)[0].double().numpy()
            total += [smooth_l1(prediction[i], normed(teacher[b, group])) for i, group in enumerate(block)]
    assert len(total) == 3 * 4 * 5
    torch.manual_seed(7)
    assert goal(output, {}).item() == pytest.approx(sum(total) / len(total), rel=1e-4)
