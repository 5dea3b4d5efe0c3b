from __future__ import annotations

import pytest
import torch

from tests.backbones.test_contract import JOINT, PLAIN, SMALL
from zoo.backbones import PointTransformer, TwoTower
from zoo.hub.backbones import downstream_backbone

POINTS = torch.randn(2, 40, 3, generator=torch.Generator().manual_seed(0))


def build(**more):
    torch.manual_seed(0)
    return TwoTower(**{'local_tower': PLAIN, 'global_tower': JOINT, **more}).eval()


def test_both_streams_are_the_towers_side_by_side():
    student = build()
    output, local, contrast = student(POINTS), student.local_tower(POINTS), student.global_tower(POINTS)
    assert torch.equal(output.tokens, local.tokens)
    assert list(output.queries) == ['cls', 'image']
    for name, query in contrast.queries.items():
        assert torch.equal(output.queries[name], query)


@pytest.mark.parametrize(('streams', 'tower', 'absent'), [('local', PLAIN, 'global'), ('global', JOINT, 'local')])
def test_one_stream_is_that_tower_alone(streams, tower, absent):
    both, student = build(), build(streams=streams)
    assert not any(name.startswith(absent) for name in student.state_dict())
    own = {key: value for key, value in both.state_dict().items() if key.startswith(streams)}
    student.load_state_dict(own)
    alone = PointTransformer(**{key: value for key, value in tower.items() if key != 'type'}).eval()
    alone.load_state_dict({key.partition('.')[2]: value for key, value in own.items()})
    assert student.query_names == alone.query_names
    for pool in ('cls', 'svm'):
        assert torch.equal(student.forward_features(POINTS, pool), alone.forward_features(POINTS, pool))


def test_the_global_tower_never_sees_a_mask():
    student = build()
    mask = torch.zeros(2, 8, dtype=torch.bool)
    mask[:, :5] = True
    masked = student(POINTS, mask)
    assert masked.tokens.shape[1] == 3
    assert torch.equal(masked.queries['image'], student(POINTS).queries['image'])
    assert torch.equal(build(streams='global')(POINTS, mask).tokens, build(streams='global')(POINTS).tokens)


def test_common_arguments_reach_both_and_give_way_to_a_tower():
    small = {key: value for key, value in SMALL.items() if key not in ('type', 'num_groups', 'depth')}
    student = TwoTower(
        dict(type='PointTransformer', queries=(), fusion='none', depth=2),
        dict(type='PointTransformer', queries=('image',), fusion='joint'),
        **small,
        num_groups=5,
        depth=1,
    )
    assert (student.local_tower.num_groups, student.global_tower.num_groups) == (5, 5)
    assert (student.local_tower.depth, student.global_tower.depth) == (2, 1)


def test_downstream_with_both_streams_is_the_released_feature():
    """[own class token, image, ..., max over the local tower's patches]."""
    cfg = downstream_backbone(dict(type='TwoTower', local_tower=PLAIN, global_tower={**JOINT, 'queries': ('image',)}))
    student = TwoTower(**{key: value for key, value in cfg.items() if key != 'type'}).eval()
    local, contrast = student.local_tower(POINTS), student.global_tower(POINTS)
    expected = torch.cat([local.queries['cls'], contrast.queries['image'], local.tokens.amax(1)], dim=-1)
    assert torch.equal(student.forward_features(POINTS), expected)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(streams='all'), "unknown streams 'all': choose one of both, local, global"),
        (dict(local_tower={**PLAIN, 'num_groups': 4}), 'differ in num_groups: 4 and 8'),
        (dict(local_tower={**JOINT, 'queries': ('cls',)}), 'both towers have a query cls'),
    ],
)
def test_towers_that_do_not_fit(change, message):
    with pytest.raises(ValueError, match=message):
        build(**change)
