from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from benchmarks.speed.steps import count_parameters, counted_macs, forward_macs, measure_steps
from tests.backbones.test_contract import PLAIN, SMALL
from zoo.config import load_config
from zoo.registry import BACKBONES


def test_products_and_attention_are_counted_once():
    with counted_macs() as macs:
        nn.Linear(6, 10)(torch.randn(7, 6))
    assert macs == [7 * 6 * 10]
    q = torch.randn(2, 3, 5, 8)
    with counted_macs() as macs:
        nn.functional.scaled_dot_product_attention(q, q, q)
    assert macs == [2 * (2 * 3 * 5 * 5 * 8)]


def by_hand(groups, size, width, depth, widths, queries):
    """Multiply-accumulates of a plain transformer over patches, from its definition."""
    first, second, third = widths
    # The third layer's half that reads the maximum of a group runs once per group, the other half on the input of the
    # second, as one matrix with it, whose product is made once.
    embed = groups * size * (3 * first + first * second + first * third + third * width) + groups * second * third
    embed += first * second * third
    position = groups * (3 * 128 + 128 * width)
    tokens = groups + queries
    block = tokens * width * width * (3 + 1 + 8) + 2 * tokens * tokens * width
    return embed + position + depth * block


@pytest.mark.parametrize('groups', [8, 16])
def test_forward_of_the_plain_student_by_hand(groups):
    """Point-MAE is fine-tuned with a class token."""
    assert forward_macs(PLAIN, [groups]) == [by_hand(groups, 6, 24, 3, (8, 16, 32), queries=1)]


def test_frozen_parameters_do_not_count():
    student = BACKBONES.build(SMALL)
    total = count_parameters(student)
    student.norm.requires_grad_(False)
    assert count_parameters(student) == total - 2 * 24


def test_a_step_is_measured():
    config = load_config('configs/recon/nano.py', {'model.backbone.depth': 1})
    small, large = (measure_steps(config, batch_size=size, steps=1, warmup=1) for size in (2, 16))
    assert small.parameters == large.parameters > 5e5
    assert large.samples_per_second > 0
    # Two layers of the patch embedding are multiplied once a batch, forward and twice backward.
    once = 3 * math.prod(config.model.backbone.patch_widths)
    assert small.macs - once / 2 == pytest.approx(large.macs - once / 16, rel=1e-6)


def test_a_smc_step_encodes_two_views():
    options = {'model.backbone.depth': 1}
    by_view, by_class = (
        measure_steps(load_config('configs/smc/nano.py', {**options, 'model.objectives.smc.type': kind}), 4, 1, 0)
        for kind in ('ViewContrast', 'ClassContrast')
    )
    assert by_view.parameters == by_class.parameters
    assert by_view.macs == pytest.approx(2 * by_class.macs, rel=0.05)
