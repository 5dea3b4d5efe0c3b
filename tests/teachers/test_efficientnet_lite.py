from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tests.refusals import refused
from zoo.teachers import EfficientNetLite0Teacher
from zoo.teachers.efficientnet_lite import timm_key

KERNELS_AND_STRIDES = (
    [(3, 1)]
    + [(3, 2), (3, 1)]
    + [(5, 2), (5, 1)]
    + [(3, 2), (3, 1), (3, 1)]
    + [(5, 1)] * 3
    + [(5, 2)]
    + [(5, 1)] * 3
    + [(3, 1)]
)
DAISY, PALACE = 985, 698


@pytest.fixture(scope='module')
def weights():
    return torch.load(EfficientNetLite0Teacher()._files()[0], weights_only=True)


def forward_by_hand(weights, images):
    """The published network, layer by layer, from the tensors of the file."""

    def convolve(x, name, stride=1, groups=1):
        kernel = weights[f'{name}.weight']
        size = kernel.shape[-1]
        need = max((-(-x.shape[-1] // stride) - 1) * stride + size - x.shape[-1], 0)  # TensorFlow's SAME
        x = F.pad(x, [need // 2, need - need // 2] * 2)
        return F.conv2d(x, kernel, stride=stride, groups=groups)

    def normalise(x, name):
        scale = weights[f'{name}.weight'] / (weights[f'{name}.running_var'] + 1e-3).sqrt()
        shift = weights[f'{name}.bias'] - weights[f'{name}.running_mean'] * scale
        return x * scale[:, None, None] + shift[:, None, None]

    x = (images * 255 - 127) / 128
    x = normalise(convolve(x, '_conv_stem', stride=2), '_bn0').clamp(0, 6)
    for number, (size, stride) in enumerate(KERNELS_AND_STRIDES):
        block, start = f'_blocks.{number}', x
        if f'{block}._expand_conv.weight' in weights:
            x = normalise(convolve(x, f'{block}._expand_conv'), f'{block}._bn0').clamp(0, 6)
        assert weights[f'{block}._depthwise_conv.weight'].shape[-1] == size
        x = convolve(x, f'{block}._depthwise_conv', stride, groups=x.shape[1])
        x = normalise(x, f'{block}._bn1').clamp(0, 6)
        x = normalise(convolve(x, f'{block}._project_conv'), f'{block}._bn2')
        x = x + start if x.shape == start.shape else x
    return normalise(convolve(x, '_conv_head'), '_bn1').clamp(0, 6).mean((2, 3))


@pytest.mark.parametrize('frozen', [True, False])
def test_features_are_those_of_the_network_computed_by_hand(weights, frozen):
    images = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    teacher = EfficientNetLite0Teacher(input_size=64, frozen=frozen).eval()
    found = teacher(images)
    assert found.shape == (3, 1280)
    torch.testing.assert_close(found, forward_by_hand(weights, images), rtol=1e-3, atol=1e-4)
    assert found.requires_grad is not frozen


def test_every_tensor_has_one_name_in_timm(weights):
    teacher = EfficientNetLite0Teacher(frozen=False)
    names = [timm_key(key) for key in weights if not key.startswith('_fc.')]
    assert sorted(f'network.{name}' for name in names) == sorted(teacher.state_dict())


def test_it_recognizes_photographs(weights):
    """With the classifier of the file on top, the features name what two well-known photographs show."""
    images = pytest.importorskip('sklearn.datasets').load_sample_images().images
    teacher = EfficientNetLite0Teacher(input_size=224)
    for image, label in zip(images, (PALACE, DAISY), strict=True):
        features = teacher(torch.tensor(image).permute(2, 0, 1)[None] / 255)
        scores = features @ weights['_fc.weight'].T + weights['_fc.bias']
        assert int(scores.argmax()) == label


def test_fingerprint_knows_the_input_size():
    assert EfficientNetLite0Teacher().fingerprint == EfficientNetLite0Teacher().fingerprint
    assert EfficientNetLite0Teacher().fingerprint != EfficientNetLite0Teacher(input_size=160).fingerprint


def test_wrong_arguments_and_files(tmp_path):
    assert 'input_size=8' in refused(EfficientNetLite0Teacher, input_size=8)
    assert 'there is no file' in refused(EfficientNetLite0Teacher(str(tmp_path / 'none.pth')), torch.rand(1, 3, 32, 32))
    torch.save({'_fc.weight': torch.zeros(2, 2)}, tmp_path / 'short.pth')
    assert 'Missing key' in refused(EfficientNetLite0Teacher, str(tmp_path / 'short.pth'), frozen=False)
