from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from tests.refusals import refused
from tests.visualize.test_attention_distance import FUSIONS, student
from zoo.registry import BACKBONES
from zoo.visualize import attention_map, attention_panels
from zoo.visualize.picture import RED, SCALE


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


def clouds():
    points = torch.randn(2, 64, 3)
    return points / points.norm(dim=-1).amax(-1)[:, None, None]


def test_panels_have_a_row_an_object_and_circle_the_patch_that_looks():
    model, points = student('none', ()), clouds()
    panels = attention_panels(model, points, [1], layers=[1, 3])
    assert panels.titles == ['patch 1', 'layer 1', 'layer 3']
    output = model(points, return_attention=True)
    for row, cloud in enumerate(panels.rows):
        for panel in cloud:
            assert (panel.points == points[row].numpy()).all()
            np.testing.assert_allclose(panel.circled, output.centers[row, [1]].detach().numpy())
        nearest = np.linalg.norm(points[row].numpy()[:, None] - output.centers[row].detach().numpy(), axis=-1).argmin(
            -1
        )
        assert ((cloud[0].colors == RED).all(-1) == (nearest == 1)).all()
        for panel in cloud[1:]:
            assert not (panel.colors == RED).all(-1).any()
            # Every map reaches from the coldest color to the warmest.
            assert all((panel.colors == SCALE[end]).all(-1).any() for end in (0, -1))


def test_patches_and_queries_stand_side_by_side():
    panels = attention_panels(student('cross', ('cls', 'image')), clouds(), [2, 'image'], layers=[3])
    assert panels.titles == ['cloud', 'patch 2, layer 3', 'query image, layer 3']
    assert [len(panel.circled) for panel in panels.rows[0]] == [1, 1, 0]


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'viewers': ['image']}, "no query 'image'"),
        ({'viewers': [99]}, 'patches 0 to'),
        ({'layers': [0]}, 'layers 1 to 3'),
    ],
)
def test_what_is_not_there_is_named(options, message):
    assert re.search(message, refused(attention_panels, student('none', ()), torch.randn(1, 64, 3), **options))


def test_a_student_without_attention_is_refused():
    model = BACKBONES.build({'type': 'PointNet', 'widths': (8, 16), 'input_transform': False}).eval()
    assert 'this PointNet does not provide' in refused(attention_panels, model, torch.randn(1, 64, 3))
