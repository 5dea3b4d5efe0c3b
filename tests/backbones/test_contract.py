"""What every registered backbone promises, whatever its inside, and what students with patches promise besides."""

from __future__ import annotations

import inspect

import pytest
import torch

from tests.refusals import refused
from zoo.backbones import Backbone, require
from zoo.errors import UsageError
from zoo.registry import BACKBONES

SMALL = dict(
    type='PointTransformer', embed_dim=24, depth=3, num_heads=3, num_groups=8, group_size=6, patch_widths=(8, 16, 32)
)
PLAIN = {**SMALL, 'queries': (), 'fusion': 'none'}
JOINT = {**SMALL, 'queries': ('cls', 'image'), 'fusion': 'joint'}
GLOBAL = {**JOINT, 'queries': ('image', 'text')}
PATCH_CASES = {
    'cross': SMALL,
    'none': PLAIN,
    'joint': JOINT,
    'replace': {**PLAIN, 'masked_tokens': 'replace'},
    'unplaced': {**PLAIN, 'masked_tokens': 'unplace', 'position': 'waves'},
    'two_tower': dict(type='TwoTower', local_tower=PLAIN, global_tower=GLOBAL),
    'two_tower_unplaced': dict(type='TwoTower', local_tower={**PLAIN, 'masked_tokens': 'unplace'}, global_tower=GLOBAL),
    'two_tower_local': dict(type='TwoTower', local_tower=PLAIN, global_tower=GLOBAL, streams='local'),
}

CLOUD_CASES = {
    'pointnet': dict(type='PointNet', widths=(16, 24, 32), point_width=8),
    'pointnet_plain': dict(type='PointNet', widths=(16, 32), input_transform=False, feature_transform=False),
    'pointnet2': dict(
        type='PointNet2',
        num_centers=(12, 4),
        radii=(0.8, 1.6),
        ball_sizes=(12, 6),
        widths=((8, 8, 16), (16, 16, 24), (24, 32)),
    ),
    'dgcnn': dict(type='DGCNN', embed_dim=32, widths=(8, 8, 16, 16), neighbors=6),
}
CASES = {**PATCH_CASES, **CLOUD_CASES}


def build(config):
    torch.manual_seed(0)
    return BACKBONES.build(config).eval()


@pytest.fixture(params=CASES)
def backbone(request):
    return build(CASES[request.param])


@pytest.fixture(params=PATCH_CASES)
def student(request):
    return build(PATCH_CASES[request.param])


@pytest.fixture
def points():
    return torch.randn(3, 40, 3, generator=torch.Generator().manual_seed(1))


def masks(student, points):
    centers = student.group(points)[1]
    mask = torch.zeros(centers.shape[:2], dtype=torch.bool)
    mask[:, ::2] = True
    return mask


def everything(backbone, points):
    """All that a backbone returns for its users, in one tensor (B, ...)."""
    if 'masking' not in backbone.provides:
        return backbone(points).pool('cls')
    unplaced = 'unplaced' in backbone.provides
    mask = masks(backbone, points) if unplaced or getattr(backbone, 'mask_token', None) is not None else None
    output = backbone(points, mask)
    tokens = torch.cat([output.tokens, output.unplaced], dim=1) if unplaced else output.tokens
    return torch.cat([*output.queries.values(), tokens.flatten(1)], dim=1)


def test_every_registered_backbone_is_covered():
    assert {case['type'] for case in CASES.values()} == set(BACKBONES.module_dict)


@pytest.mark.parametrize('name', CASES)
def test_only_students_with_patches_cut_groups(name):
    backbone = build(CASES[name])
    assert ('masking' in backbone.provides) == ('tokens' in backbone.provides) == (name in PATCH_CASES)
    if name in CLOUD_CASES:
        with pytest.raises(TypeError, match='cuts no patches'):
            backbone.group(torch.randn(1, 9, 3))


def test_pooled_features(backbone, points):
    for pool in ('cls', 'svm'):
        assert backbone.forward_features(points, pool).shape == (3, backbone.pooled_features(pool))
    with pytest.raises(ValueError, match="unknown pooling 'mean'"):
        backbone.forward_features(points, 'mean')


def test_intermediates_end_with_the_embedding(backbone, points):
    layers = backbone.forward_intermediates(points)
    assert len(layers) > 1
    assert all(layer.ndim == 3 and len(layer) == 3 for layer in layers)
    assert layers[-1].shape[-1] == backbone.embed_dim
    first, last = backbone.forward_intermediates(points, [0, -1])
    assert torch.equal(first, layers[0])
    assert torch.equal(last, layers[-1])


def test_deterministic_and_restorable(backbone, points):
    before = backbone.forward_features(points)
    assert torch.equal(before, backbone.forward_features(points))
    state = {key: value.clone() for key, value in backbone.state_dict().items()}
    for parameter in backbone.parameters():
        parameter.data.add_(1.0)
    assert not torch.equal(before, backbone.forward_features(points))
    backbone.load_state_dict(state)
    assert torch.equal(before, backbone.forward_features(points))


@pytest.mark.parametrize('kind', ['normal', 'lattice', 'copies', 'around the origin'])
@pytest.mark.parametrize('name', CASES)
def test_order_of_points_does_not_matter(name, kind):
    """Not where points tie or coincide either: voxels leave a lattice, too small clouds are filled with copies."""
    takes = inspect.signature(BACKBONES.get(CASES[name]['type'])).parameters
    shaped = 'order' in takes or 'common' in takes
    backbone = build({**CASES[name], 'order': 'shape'} if shaped else CASES[name])
    generator = torch.Generator().manual_seed(1)
    points = torch.randn(3, 40, 3, generator=generator)
    if kind == 'lattice':
        points = torch.randint(-2, 3, (3, 40, 3), generator=generator) / 2
    elif kind == 'copies':
        points[:, 20:] = points[:, :20]
    elif kind == 'around the origin':
        points *= 0.01
    for order in (torch.arange(40).flip(0), torch.randperm(40, generator=generator)):
        for pool in ('cls', 'svm'):
            torch.testing.assert_close(
                backbone.forward_features(points[:, order], pool),
                backbone.forward_features(points, pool),
                rtol=1e-4,
                atol=1e-6,
            )


def test_points_as_given_begin_with_the_first(student, points):
    """Parity: as the released code does."""
    assert torch.equal(student.group(points)[1][:, 0], points[:, 0])


def test_samples_do_not_see_each_other(backbone, points):
    torch.testing.assert_close(
        backbone.forward_features(points[1:2]), backbone.forward_features(points)[1:2], rtol=1e-4, atol=1e-5
    )


def test_gradients_reach_every_parameter(backbone, points):
    # Weights that start at zero on purpose (an alignment before training) would hide what lies before them.
    for parameter in backbone.parameters():
        parameter.data += 0.01 * torch.randn_like(parameter)
    values = everything(backbone, points)
    # Features with structure: the sum of a layer-normalized vector has no gradient.
    (values * torch.randn_like(values)).sum().backward()
    unused = {name for name, leaf in backbone.named_parameters() if leaf.grad is None or not leaf.grad.any()}
    assert not unused


def test_names_for_the_optimizer(backbone):
    names = {name for name, _ in backbone.named_parameters()}
    assert backbone.no_weight_decay() <= names
    grouped = [name for group in backbone.layer_groups() for name in group]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == names


def test_fewer_points_than_anything(backbone):
    assert bool(backbone.forward_features(torch.randn(2, 5, 3)).isfinite().all())


def test_shapes(student, points):
    output = student(points, return_layers=True)
    assert {tokens.shape for tokens in (output.tokens, *output.layers)} == {(3, 8, 24)}
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


def test_attention_on_request_changes_nothing(student, points):
    plain, shown = student(points), student(points, return_attention=True)
    torch.testing.assert_close(plain.tokens, shown.tokens, rtol=1e-4, atol=1e-5)
    assert len(shown.attentions) == 3
    for layer in shown.attentions:
        assert layer['tokens'].shape == (3, 3, 8, 8)
        assert bool((layer['tokens'] >= 0).all())
        assert ('queries' in layer) == bool(student.query_names)


def test_what_is_provided_is_there(backbone, points):
    assert isinstance(backbone, Backbone)
    assert backbone.provides <= backbone.capabilities
    assert ('queries' in backbone.provides) == bool(backbone.query_names)
    output = backbone(points, return_layers='layers' in backbone.provides)
    assert len(output.layers) == backbone.depth
    for name in backbone.query_names or ['any']:
        assert output.global_feature(name).shape == (3, backbone.global_features)
    normed = backbone.normalized(output.layers[-1])
    torch.testing.assert_close(normed, output.tokens)
    if 'attention' not in backbone.provides:
        with pytest.raises(ValueError, match='no attention'):
            backbone(points, return_attention=True)


def test_what_is_missing_is_named_with_what_has_it(points):
    require(build(SMALL), {'queries', 'masking'}, 'an objective')
    with pytest.raises(UsageError, match=r'an objective needs masking .* this DGCNN .* PointTransformer or TwoTower'):
        require(build(CLOUD_CASES['dgcnn']), {'masking', 'layers'}, 'an objective')
    assert 'needs queries' in refused(require, build(PLAIN), {'queries'}, 'an objective')


@pytest.mark.parametrize('task', ['classify', 'features', 'segment'])
@pytest.mark.parametrize('name', CASES)
def test_made_ready_for_a_task(name, task, points):
    config = dict(CASES[name])
    ready = type(build(config)).downstream(config, task)
    assert config == CASES[name]
    assert BACKBONES.build(ready).eval().forward_features(points).isfinite().all()


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('weights', [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_any_precision_of_weights_and_points(name, weights, points):
    """Weights decide; points of another type are the same cloud. Rounded to bfloat16 the cloud is another one."""
    backbone = build(CASES[name]).to(weights)
    found = backbone.forward_features(points)
    assert found.dtype == weights
    torch.testing.assert_close(found.float(), build(CASES[name]).forward_features(points), rtol=0.1, atol=0.1)
    if weights != torch.float64:  # whose geometry is that of float64
        assert torch.equal(backbone.forward_features(points.double()), found)
    for other in (torch.float64, torch.float16, torch.bfloat16):
        rounded = points.to(other)
        expected = backbone.forward_features(rounded.to(torch.float64 if weights == torch.float64 else torch.float32))
        torch.testing.assert_close(backbone.forward_features(rounded), expected, rtol=1e-5, atol=1e-6)


def test_points_must_be_clouds_of_floats(backbone):
    for wrong in (torch.ones(2, 40, 3, dtype=torch.int64), torch.randn(40, 3), torch.randn(2, 40, 4)):
        with pytest.raises(ValueError, match='points must'):
            backbone.forward_features(wrong)
