# ruff: noqa: NPY002  (the global generators are what is tested: they must not matter)
from __future__ import annotations

import random
import re

import numpy as np
import pytest
import torch

from tests.refusals import refused
from zoo.errors import UsageError
from zoo.registry import TRANSFORMS
from zoo.transforms import ImagePipeline

RECIPE = [
    {'type': 'Resize', 'scale': (256, 256), 'keep_ratio': False, 'interpolation': 'bicubic'},
    {'type': 'RandomFlip', 'prob': 0.5},
    {'type': 'RandomResizedCrop', 'size': 224, 'scale': (0.64, 1.0)},
    {'type': 'RandAugment', 'n': 2, 'm': 10},
]


def picture(height=60, width=80):
    """Red grows to the right, green grows downwards, blue is 30."""
    image = np.full((height, width, 3), 30, dtype=np.uint8)
    image[..., 0] = np.linspace(0, 255, width).astype(np.uint8)
    image[..., 1] = np.linspace(0, 255, height).astype(np.uint8)[:, None]
    return image


def test_nothing_to_do_scales_to_one_and_keeps_rgb():
    image = picture()
    result = ImagePipeline([])(image)
    assert result.dtype == torch.float32
    assert torch.equal(result, torch.from_numpy(image).permute(2, 0, 1) / 255)
    assert result.is_contiguous()


def test_torchs_seed_decides_and_other_generators_neither_matter_nor_move():
    pipeline = TRANSFORMS.build({'type': 'ImagePipeline', 'transforms': RECIPE})

    def run(other_seed):
        torch.manual_seed(11)
        np.random.seed(other_seed)
        random.seed(other_seed)
        expected = np.random.RandomState(other_seed).rand(), random.Random(other_seed).random()
        results = [pipeline(picture()) for _ in range(3)]
        assert (np.random.rand(), random.random()) == expected
        return torch.stack(results)

    pictures = run(1)
    assert torch.equal(pictures, run(2))
    assert pictures.shape == (3, 3, 224, 224)
    assert 0 <= pictures.min() < pictures.max() <= 1
    assert not torch.equal(pictures[0], pictures[1])


def test_crops_keep_their_share_of_the_image():
    torch.manual_seed(0)
    pipeline = ImagePipeline([{'type': 'RandomResizedCrop', 'size': 32, 'scale': (0.64, 1.0)}])
    shares = []
    for _ in range(60):
        result = pipeline(picture(200, 200))
        assert result.shape == (3, 32, 32)
        spans = [float(result[channel].max() - result[channel].min()) for channel in (0, 1)]
        shares.append(spans[0] * spans[1])
    assert 0.55 < min(shares) < 0.75
    assert 0.85 < max(shares) <= 1


def test_randaugment_changes_nothing_for_no_operation_and_much_for_strong_ones():
    torch.manual_seed(0)
    image, plain = picture(), ImagePipeline([])(picture())
    assert torch.equal(ImagePipeline([{'type': 'RandAugment', 'n': 0}])(image), plain)
    strong = ImagePipeline([{'type': 'RandAugment', 'n': 3, 'm': 20}])
    changes = [float((strong(image) - plain).abs().mean()) for _ in range(20)]
    assert np.mean(changes) > 0.05


@pytest.mark.parametrize(
    ('config', 'message'),
    [
        ({'type': 'Nonsense'}, 'Nonsense is not in the zoo::transform registry'),
        ({'type': 'Resize', 'wrong': 1}, "unexpected keyword argument 'wrong'"),
        ({'scale': 1}, 'the key "type"'),
    ],
)
def test_impossible_configs_are_usage_errors(config, message):
    said = refused(ImagePipeline, [config])
    assert re.search('image transform .* cannot be built', said)
    assert message in said


def test_normalisation_is_refused_and_other_generators_are_put_back():
    np.random.seed(3)
    with pytest.raises(UsageError, match=r'pipeline \(Normalize\) must end in a uint8 RGB image, got float32'):
        ImagePipeline([{'type': 'Normalize', 'mean': [0, 0, 0], 'std': [1, 1, 1]}])(picture())
    assert np.random.rand() == np.random.RandomState(3).rand()
