from __future__ import annotations

import pytest
import torch

from zoo.ops import feature_knn


def by_definition(features, k):
    distance = (features.double()[:, :, None] - features.double()[:, None]).square().sum(-1)
    return distance.sort(dim=-1, stable=True).indices[..., :k]


@pytest.mark.parametrize('channels', [1, 3, 17])
@pytest.mark.parametrize('k', [1, 4, 12, 40])
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
def test_equals_the_definition(generator, channels, k, dtype):
    features = torch.randn(3, 12, channels, generator=generator, dtype=dtype)
    assert torch.equal(feature_knn(features, k), by_definition(features, k))


def test_sets_do_not_influence_each_other(generator):
    features = torch.randn(4, 50, 8, generator=generator)
    assert torch.equal(feature_knn(features, 5)[2:3], feature_knn(features[2:3], 5))


def test_autocast_changes_nothing(generator):
    features = torch.randn(2, 60, 32, generator=generator)
    with torch.autocast('cpu', torch.bfloat16):
        found = feature_knn(features, 10)
    assert torch.equal(found, feature_knn(features, 10))


def test_a_diverged_network_still_gets_indices():
    found = feature_knn(torch.full((1, 6, 4), float('nan')), 3)
    assert ((found >= 0) & (found < 6)).all()


def test_an_empty_batch():
    assert feature_knn(torch.zeros(0, 5, 4), 3).shape == (0, 5, 3)


@pytest.mark.parametrize('features', [torch.zeros(4, 3), torch.zeros(1, 4, 3, dtype=torch.int64)])
def test_bad_features(features):
    with pytest.raises(ValueError, match='features must be floating point'):
        feature_knn(features, 1)
