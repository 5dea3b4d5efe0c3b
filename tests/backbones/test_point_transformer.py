from __future__ import annotations

import pytest
import torch

from tests.backbones.test_contract import JOINT, PLAIN, SMALL
from zoo.registry import BACKBONES


def local_gradients(config, stop_gradient=None):
    cfg = dict(config) if stop_gradient is None else {**config, 'stop_gradient': stop_gradient}
    student = BACKBONES.build(cfg)
    output = student(torch.randn(2, 30, 3))
    sum((query * torch.randn(24)).sum() for query in output.queries.values()).backward()
    local = [student.patch_embed.fc1.weight, *student.position.parameters()]
    return [parameter.grad for parameter in local]


def test_queries_send_no_gradient_to_the_local_stream_of_recon():
    assert local_gradients(SMALL) == [None] * 5


def test_queries_send_gradient_without_the_cut_and_in_joint_fusion():
    for gradients in (local_gradients(SMALL, stop_gradient=False), local_gradients(JOINT)):
        assert all(gradient is not None and gradient.abs().max() > 0 for gradient in gradients)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(fusion='sum'), "unknown fusion 'sum'"),
        (dict(fusion='none'), 'does not fit queries'),
        (dict(queries=()), 'does not fit queries'),
        (dict(queries=('cls', 'cls')), 'twice'),
        (dict(masked_tokens='keep'), "unknown masked_tokens 'keep'"),
        (dict(num_heads=5), 'not divisible'),
    ],
)
def test_switches_that_do_not_fit(change, message):
    with pytest.raises(ValueError, match=message):
        BACKBONES.build({**SMALL, **change})


def test_towers_share_no_gradient():
    student = BACKBONES.build(dict(type='TwoTower', local_tower=PLAIN, global_tower=JOINT))
    output = student(torch.randn(2, 30, 3))
    (output.tokens * torch.randn(24)).sum().backward(retain_graph=True)
    assert all(parameter.grad is None for parameter in student.global_tower.parameters())
    student.zero_grad()
    sum((query * torch.randn(24)).sum() for query in output.queries.values()).backward()
    assert all(parameter.grad is None for parameter in student.local_tower.parameters())


def test_towers_must_cut_the_same_groups():
    with pytest.raises(ValueError, match='num_groups: 8 and 4'):
        BACKBONES.build(dict(type='TwoTower', local_tower=PLAIN, global_tower={**JOINT, 'num_groups': 4}))


def test_unknown_pooling():
    with pytest.raises(ValueError, match="unknown pooling 'mean'"):
        BACKBONES.build(SMALL).forward_features(torch.randn(1, 30, 3), 'mean')


def test_svm_pooling():
    output = BACKBONES.build(SMALL).eval()(torch.randn(2, 30, 3))
    queries = torch.stack([output.queries[name] for name in ('cls', 'image', 'text')])
    expected = torch.cat([queries.max(0).values, output.tokens.max(1).values + output.tokens.mean(1)], dim=1)
    assert torch.equal(output.pool('svm'), expected)
