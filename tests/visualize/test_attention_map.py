from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from tests.visualize.test_attention_distance import FUSIONS, student
from zoo.errors import UsageError
from zoo.registry import BACKBONES
from zoo.visualize import attention_map, draw_attention
from zoo.visualize.picture import RED, SCALE, TITLE


@torch.no_grad()
@pytest.mark.parametrize(('fusion', 'queries'), FUSIONS)
def test_maps_are_means_over_heads_of_scaled_rows(fusion, queries):
    output = student(fusion, queries)(torch.randn(2, 64, 3), return_attention=True)
    for name, place in (('tokens', 2), *([('queries', 1)] if queries else [])):
        found = attention_map(output, -1, place if name == 'queries' else None, patch=2)
        heads = output.attentions[-1][name][1, :, place].double().numpy()
        expected = np.mean([row / row.sum() for row in heads], axis=0)
        np.testing.assert_allclose(found[1], expected, rtol=1e-5)
        torch.testing.assert_close(found.sum(-1), torch.ones(2))
    if not queries:
        with pytest.raises(ValueError, match='choose a patch'):
            attention_map(output, 0, 0)
    output.attentions = []
    with pytest.raises(ValueError, match='return_attention=True'):
        attention_map(output, 0)


def test_the_picture_has_a_row_an_object_and_shows_the_patch_that_looks(tmp_path):
    model, points = student('none', ()), torch.randn(2, 64, 3)
    points = points / points.norm(dim=-1).amax(-1)[:, None, None]
    path = draw_attention(model, points, tmp_path / 'a.png', patch=1, layers=[1, 3], size=50)
    picture = np.asarray(Image.open(path))[TITLE:]
    assert picture.shape == (100, 150, 3)
    assert (picture[:50, :50] == RED).all(-1).any()
    assert not (picture[:, 50:] == RED).all(-1).any()
    # Every map reaches from the darkest color to the brightest.
    for row in range(2):
        for column in (1, 2):
            tile = picture[50 * row : 50 * row + 50, 50 * column : 50 * column + 50]
            assert all((tile == SCALE[end]).all(-1).any() for end in (0, -1))


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'query': 'image'}, "no query 'image'"),
        ({'patch': 99}, 'patches 0 to'),
        ({'layers': [0]}, 'layers 1 to 3'),
    ],
)
def test_what_is_not_there_is_named(tmp_path, options, message):
    with pytest.raises(UsageError, match=message):
        draw_attention(student('none', ()), torch.randn(1, 64, 3), tmp_path / 'a.png', **options)


def test_a_student_without_attention_is_refused(tmp_path):
    model = BACKBONES.build({'type': 'PointNet', 'widths': (8, 16), 'input_transform': False}).eval()
    with pytest.raises(UsageError, match='this PointNet does not provide'):
        draw_attention(model, torch.randn(1, 64, 3), tmp_path / 'a.png')
