"""What every registered student promises, whatever its inside."""

from __future__ import annotations

import pytest
import torch

import zoo.backbones  # noqa: F401
from zoo.registry import BACKBONES

SMALL = dict(
    type='PointTransformer', embed_dim=24, depth=3, num_heads=3, num_groups=8, group_size=6, patch_widths=(8, 16, 32)
)
PLAIN = {**SMALL, 'queries': (), 'fusion': 'none'}
JOINT = {**SMALL, 'queries': ('cls', 'image'), 'fusion': 'joint'}
CASES = {
    'cross': SMALL,
    'none': PLAIN,
    'joint': JOINT,
    'replace': {**PLAIN, 'masked_tokens': 'replace'},
    'two_tower': dict(type='TwoTower', local_tower=PLAIN, global_tower=JOINT),
}


@pytest.fixture(params=CASES)
def student(request):
    torch.manual_seed(0)
    return BACKBONES.build(CASES[request.param]).eval()


@pytest.fixture
def points():
    return torch.randn(3, 40, 3, generator=torch.Generator().manual_seed(1))


def masks(student, points):
    centers = student.group(points)[1]
    mask = torch.zeros(centers.shape[:2], dtype=torch.bool)
    mask[:, ::2] = True
    return mask


def test_every_registered_backbone_is_covered():
    assert {case['type'] for case in CASES.values()} == set(BACKBONES.module_dict)


def test_shapes(student, points):
    output = student(points)
    assert output.tokens.shape == (3, 8, 24)
    assert output.centers.shape == (3, 8, 3)
    assert output.neighborhoods.shape == (3, 8, 6, 3)
    assert tuple(output.queries) == student.query_names
    assert all(query.shape == (3, 24) for query in output.queries.values())
    assert output.pool('cls').shape == (3, 24 * (1 + len(student.query_names)))


def test_masking(student, points):
    output = student(points, masks(student, points))
    expected = 8 if 'replace' in str(getattr(student, 'masked_tokens', '')) else 4
    assert output.tokens.shape == (3, expected, 24)
    assert output.visible.tolist() == [[1, 3, 5, 7]] * 3
    assert output.masked.tolist() == [[0, 2, 4, 6]] * 3


def test_what_is_masked_cannot_leak(student, points):
    """Moving points of masked groups alone leaves the encoded visible tokens as they were."""
    neighborhoods, centers = student.group(points)
    mask = masks(student, points)
    changed = neighborhoods.clone()
    changed[mask] += 1.0
    first = student(points, mask, groups=(neighborhoods, centers))
    second = student(points, mask, groups=(changed, centers))
    assert torch.equal(first.tokens, second.tokens)


def test_masks_must_fit(student, points):
    uneven = masks(student, points)
    uneven[0] = False
    with pytest.raises(ValueError, match='same number'):
        student(points, uneven)
    with pytest.raises(ValueError, match='mask must be bool'):
        student(points, torch.zeros(3, 5, dtype=torch.bool))


def test_intermediates(student, points):
    layers = student.forward_intermediates(points)
    assert len(layers) == 3
    assert all(layer.shape == (3, 8, 24) for layer in layers)
    assert torch.equal(student.forward_intermediates(points, [-1])[0], layers[2])


def test_attention_on_request_changes_nothing(student, points):
    plain, shown = student(points), student(points, return_attention=True)
    torch.testing.assert_close(plain.tokens, shown.tokens, rtol=1e-4, atol=1e-5)
    assert len(shown.attentions) == 3
    for layer in shown.attentions:
        assert layer['tokens'].shape == (3, 3, 8, 8)
        assert bool((layer['tokens'] >= 0).all())
        assert ('queries' in layer) == bool(student.query_names)


def test_deterministic_and_restorable(student, points):
    before = student.forward_features(points)
    assert torch.equal(before, student.forward_features(points))
    state = {key: value.clone() for key, value in student.state_dict().items()}
    for parameter in student.parameters():
        parameter.data.add_(1.0)
    assert not torch.equal(before, student.forward_features(points))
    student.load_state_dict(state)
    assert torch.equal(before, student.forward_features(points))


def test_order_of_points_does_not_matter(student, points):
    """FPS starts at the first point, so that one stays in front."""
    order = torch.cat([torch.zeros(1, dtype=torch.long), 1 + torch.randperm(39)])
    for pool in ('cls', 'svm'):
        torch.testing.assert_close(
            student.forward_features(points[:, order], pool),
            student.forward_features(points, pool),
            rtol=1e-3,
            atol=1e-4,
        )


def test_samples_do_not_see_each_other(student, points):
    torch.testing.assert_close(
        student.forward_features(points[1:2]), student.forward_features(points)[1:2], rtol=1e-4, atol=1e-5
    )


def test_gradients_reach_every_parameter(student, points):
    output = (
        student(points, masks(student, points)) if getattr(student, 'mask_token', None) is not None else student(points)
    )
    # Features with structure: the sum of a layer-normalised vector has no gradient.
    weight = torch.randn(24)
    (sum((query * weight).sum() for query in output.queries.values()) + (output.tokens * weight).sum()).backward()
    unused = {name for name, parameter in student.named_parameters() if parameter.grad is None}
    assert not unused


def test_names_for_the_optimizer(student):
    names = {name for name, _ in student.named_parameters()}
    assert student.no_weight_decay() <= names
    grouped = [name for group in student.layer_groups() for name in group]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == names


def test_fewer_points_than_groups(student):
    output = student(torch.randn(2, 5, 3))
    assert output.tokens.shape == (2, 8, 24)
    assert bool(output.tokens.isfinite().all())
