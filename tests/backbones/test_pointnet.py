from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from zoo.backbones import PointNet
from zoo.backbones.pointnet import orthogonality_gap
from zoo.registry import MODELS

SMALL = dict(widths=(8, 12, 16), point_width=6)


def cloud():
    return torch.randn(4, 30, 3, generator=torch.Generator().manual_seed(0))


def shared(mlp, x):
    """Every point on its own: linear, norm by running statistics, ReLU."""
    for linear, norm in zip(mlp.linears, mlp.norms, strict=True):
        x = linear.weight @ x + linear.bias
        x = ((x - norm.running_mean) / (norm.running_var + norm.eps).sqrt() * norm.weight + norm.bias).relu()
    return x


def matrix(net, points):
    largest = torch.stack([shared(net.shared, point) for point in points]).max(dim=0).values
    hidden = shared(net.hidden, largest)
    return (net.matrix.weight @ hidden + net.matrix.bias).view(net.size, net.size)


def test_equals_one_point_at_a_time():
    torch.manual_seed(0)
    network = PointNet(**SMALL).eval()
    for parameter in (*network.parameters(), *(b for b in network.buffers() if b.is_floating_point())):
        parameter.data = parameter.data + 0.3 * torch.rand_like(parameter)
    for points, found in zip(cloud(), network.forward_features(cloud()), strict=True):
        points = points @ matrix(network.input_transform, points)
        features = torch.stack([shared(network.points, point) for point in points])
        features = features @ matrix(network.feature_transform, features)
        expected = torch.stack([shared(network.features, feature) for feature in features]).max(dim=0).values
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_transforms_change_nothing_before_training():
    torch.manual_seed(0)
    full = PointNet(**SMALL).eval()
    bare = PointNet(**SMALL, input_transform=False, feature_transform=False).eval()
    assert set(bare.state_dict()) < set(full.state_dict())
    bare.load_state_dict({key: full.state_dict()[key] for key in bare.state_dict()})
    torch.testing.assert_close(full.forward_features(cloud()), bare.forward_features(cloud()))


def test_orthogonality_gap():
    rotation = torch.linalg.qr(torch.randn(3, 5, 5)).Q
    assert orthogonality_gap(rotation) < 1e-10
    stretched = torch.stack([2 * torch.eye(4), torch.eye(4)])
    assert orthogonality_gap(stretched) == pytest.approx(4 * 9 / 2)


def test_penalty_enters_the_loss_and_is_shown():
    torch.manual_seed(0)
    network = dict(type='PointNet', **SMALL, alignment_weight=0.5)
    model = MODELS.build(dict(type='PointClassifier', backbone=network, num_classes=3, head='linear')).eval()
    model.backbone.feature_transform.matrix.bias.data *= 2
    label = torch.tensor([0, 1, 2, 0])
    losses = model.loss(cloud(), label=label)
    penalty = 0.5 * 6 * 9
    assert losses['alignment'].item() == pytest.approx(penalty, rel=1e-5)
    expected = F.cross_entropy(model(cloud()), label) + penalty
    torch.testing.assert_close(losses['loss'], expected)
    assert model.parse_losses(losses)[0] == losses['loss']


def test_without_the_transform_there_is_no_penalty():
    output = PointNet(**SMALL, feature_transform=False).eval()(cloud())
    assert output.pool('cls').shape == (4, 16)
    assert output.penalties == {}
