from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tests.backbones.test_contract import JOINT, PLAIN, SMALL
from zoo.registry import BACKBONES


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(fusion='sum'), "unknown fusion 'sum'"),
        (dict(fusion='none'), 'does not fit queries'),
        (dict(queries=()), 'does not fit queries'),
        (dict(queries=('cls', 'cls')), 'twice'),
        (dict(queries='cls'), "queries must be a list of names, got 'cls'"),
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
    torch.testing.assert_close(before, F.layer_norm(before, (24,)), rtol=1e-2, atol=1e-2)  # through the last norm
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


def test_svm_pooling():
    output = BACKBONES.build(SMALL).eval()(torch.randn(2, 30, 3))
    queries = torch.stack([output.queries[name] for name in ('cls', 'image', 'text')])
    expected = torch.cat([queries.max(0).values, output.tokens.max(1).values + output.tokens.mean(1)], dim=1)
    assert torch.equal(output.pool('svm'), expected)
