from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from PIL import Image

from tests.refusals import refused
from tests.teachers.toys import ColorTeacher
from zoo.teachers.image import resize


@pytest.fixture
def teacher(tmp_path):
    return ColorTeacher(ColorTeacher.write(tmp_path / 'weights.pt'))


@pytest.mark.parametrize(('height', 'width', 'size'), [(64, 64, 32), (50, 80, 32), (91, 40, 24), (20, 20, 32)])
def test_resize_agrees_with_pillow(height, width, size):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize((16, 16)).resize((width, height), Image.Resampling.BICUBIC)  # smooth
    factor = size / min(height, width)
    large = image.resize(
        (max(size, round(width * factor)), max(size, round(height * factor))), Image.Resampling.BICUBIC
    )
    left, top = (large.width - size) // 2, (large.height - size) // 2
    expected = np.asarray(large.crop((left, top, left + size, top + size))) / 255
    found = resize(torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 255, size)[0].permute(1, 2, 0).numpy()
    assert found.shape == (size, size, 3)
    np.testing.assert_allclose(found, expected, atol=2.5 / 255)


def test_images_of_the_right_size_are_not_touched():
    images = torch.rand(2, 3, 16, 16)
    assert torch.equal(resize(images, 16), images)


def test_prepare_normalizes_each_channel(teacher):
    images = torch.rand(2, 3, 8, 8)
    found = teacher.prepare(images, 8, (0.1, 0.2, 0.3), (1.0, 2.0, 4.0))
    for channel, (mean, std) in enumerate([(0.1, 1.0), (0.2, 2.0), (0.3, 4.0)]):
        torch.testing.assert_close(found[:, channel], (images[:, channel] - mean) / std)


def test_prepare_takes_an_empty_batch_and_a_little_overshoot(teacher):
    assert teacher.prepare(torch.zeros(0, 3, 8, 8), 8, (0,) * 3, (1,) * 3).shape == (0, 3, 8, 8)
    assert teacher.prepare(torch.full((1, 3, 8, 8), 1.005), 8, (0,) * 3, (1,) * 3).shape == (1, 3, 8, 8)


@pytest.mark.parametrize(
    ('images', 'message'),
    [
        (np.zeros((2, 3, 8, 8)), 'ndarray'),
        (torch.zeros(3, 8, 8), r'\(3, 8, 8\)'),
        (torch.zeros(2, 1, 8, 8), r'\(2, 1, 8, 8\)'),
        (torch.zeros(2, 3, 0, 8), r'\(2, 3, 0, 8\)'),
        (torch.zeros(2, 3, 8, 8, dtype=torch.uint8), 'divide by 255'),
        (torch.full((2, 3, 8, 8), 255.0), 'from 255 to 255'),
        (torch.full((2, 3, 8, 8), -1.0), 'from -1 to -1'),
        (torch.full((2, 3, 8, 8), float('nan')), 'nan'),
    ],
)
def test_what_is_no_image_is_refused(teacher, images, message):
    assert re.search(message, refused(teacher.prepare, images, 8, (0,) * 3, (1,) * 3))
