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
        (dict(position='angles'), "unknown position 'angles'"),
        (dict(num_heads=5), 'not divisible'),
    ],
)
def test_switches_that_do_not_fit(change, message):
    with pytest.raises(ValueError, match=message):
        BACKBONES.build({**SMALL, **change})


@pytest.mark.parametrize('config', [SMALL, PLAIN, JOINT], ids=lambda config: config.get('fusion', 'cross'))
def test_unplaced_tokens_are_read_by_no_other(config):
    """All that a student says of visible tokens is what it says where masked ones are dropped."""
    student = BACKBONES.build({**config, 'masked_tokens': 'unplace'}).eval()
    dropping = BACKBONES.build(config).eval()
    dropping.load_state_dict({key: value for key, value in student.state_dict().items() if key != 'mask_position'})
    points, mask = torch.randn(2, 30, 3), torch.zeros(2, 8, dtype=torch.bool)
    mask[:, [0, 3, 5]] = True
    found, plain = (one(points, mask, return_layers=True, return_attention=True) for one in (student, dropping))
    assert plain.unplaced is None
    assert found.unplaced.shape == (2, 3, 24)
    for name in ('tokens', 'queries', 'layers', 'query_layers', 'attentions'):
        torch.testing.assert_close(getattr(found, name), getattr(plain, name), rtol=1e-4, atol=1e-5)
    assert student(points).unplaced is None


def test_unplaced_tokens_know_all_but_their_centers():
    student = BACKBONES.build({**PLAIN, 'masked_tokens': 'unplace'}).eval()
    neighborhoods, centers = student.group(torch.randn(1, 30, 3))
    mask = torch.tensor([[True, False] * 4])

    def unplaced(neighborhoods, centers, mask=mask):
        return student(None, mask, groups=(neighborhoods, centers)).unplaced

    before = unplaced(neighborhoods, centers)
    assert torch.equal(before, unplaced(neighborhoods, centers + mask.unsqueeze(-1)))
    assert not torch.allclose(before, unplaced(neighborhoods, centers + ~mask.unsqueeze(-1)))
    order = torch.randperm(8)
    groups = torch.arange(8)[mask[0]].tolist()
    shuffled = unplaced(neighborhoods[:, order], centers[:, order], mask[:, order])
    places = [groups.index(group) for group in order.tolist() if group in groups]
    torch.testing.assert_close(shuffled, before[:, places], rtol=1e-4, atol=1e-5)
    for group in range(8):  # every group is read, masked ones by their looks
        changed = neighborhoods.clone()
        changed[:, group] *= 2
        assert not torch.allclose(before[:, :1], unplaced(changed, centers)[:, :1])


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
