from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.backbones.test_contract import SMALL
from zoo.registry import BACKBONES
from zoo.visualize import attention_distance, attention_spread

FUSIONS = [('none', ()), ('joint', ('image', 'text')), ('cross', ('cls', 'image', 'text'))]


def student(fusion, queries):
    torch.manual_seed(0)
    return BACKBONES.build({**SMALL, 'fusion': fusion, 'queries': queries}).eval()


@torch.no_grad()
@pytest.mark.parametrize(('fusion', 'queries'), FUSIONS)
@pytest.mark.parametrize('masked', [False, True])
def test_distance_equals_a_loop_over_patches(fusion, queries, masked):
    model, points = student(fusion, queries), torch.randn(2, 64, 3)
    mask = None
    if masked:
        mask = torch.zeros(2, model.num_groups, dtype=torch.bool)
        mask[0, 1:3], mask[1, :2] = True, True
    output = model(points, mask, return_attention=True)
    found = attention_distance(output)
    for cloud in range(2):
        places = output.centers[cloud] if mask is None else output.centers[cloud][~mask[cloud]]
        for layer, attention in enumerate(output.attentions):
            for head, weights in enumerate(attention['tokens'][cloud].numpy()):
                total = 0.0
                for i, row in enumerate(weights):
                    for j, weight in enumerate(row):
                        total += weight / row.sum() * np.linalg.norm(places[i] - places[j]) / len(weights)
                assert found[cloud, layer, head].item() == pytest.approx(total, rel=1e-4)


@torch.no_grad()
@pytest.mark.parametrize(('fusion', 'queries'), FUSIONS[1:])
def test_spread_is_the_distance_of_two_draws(fusion, queries):
    output = student(fusion, queries)(torch.randn(1, 64, 3), return_attention=True)
    found = attention_spread(output)
    rng = np.random.default_rng(0)
    places = output.centers[0].numpy()
    weights = output.attentions[-1]['queries'][0, 0, 1].double().numpy()
    draws = rng.choice(len(places), (200_000, 2), p=weights / weights.sum())
    lengths = np.linalg.norm(places[draws[:, 0]] - places[draws[:, 1]], axis=1)
    assert found[0, -1, 0, 1].item() == pytest.approx(lengths.mean(), abs=5 * float(lengths.std()) / 200_000**0.5)


@torch.no_grad()
def test_what_is_missing_is_named():
    model = student('none', ())
    with pytest.raises(ValueError, match='return_attention=True'):
        attention_distance(model(torch.randn(1, 64, 3)))
    with pytest.raises(ValueError, match='no queries'):
        attention_spread(model(torch.randn(1, 64, 3), return_attention=True))
