from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.protocols import features
from benchmarks.protocols.corruption import Corruption, FrozenCorruption
from benchmarks.protocols.features import FeatureCache, clouds, evaluation_transforms, extract_features
from benchmarks.protocols.few_shot import FewShot
from benchmarks.protocols.knn import KNN
from benchmarks.protocols.probe import Probe
from benchmarks.protocols.svm import SVM
from tests.benchmarks.protocols.parts import measured, parts, slow_features
from zoo.datasets.base import ObjectSubset
from zoo.errors import UsageError


def test_features_do_not_depend_on_batches(tmp_path, monkeypatch):
    model, train, _ = parts(tmp_path)
    for size in (1, 7, 128):
        monkeypatch.setattr(features, 'BATCH_SIZE', {'cpu': size})
        found, labels = extract_features(model, train, evaluation_transforms(32))
        np.testing.assert_allclose(found, slow_features(model, train, 32), rtol=1e-3, atol=1e-4)
    assert np.array_equal(labels, train.labels)


def test_clouds_hold_every_object_in_order_as_one_at_a_time(tmp_path):
    _, train, _ = parts(tmp_path)
    found = list(clouds(train, evaluation_transforms(24), 7))
    assert all(len(part) == 7 for part in found[:-1])
    # A "model" that keeps its input shows what it was given.
    slow = slow_features(lambda points: points.flatten(1), train, 24)
    torch.testing.assert_close(torch.cat(found).flatten(1), torch.from_numpy(slow))


def test_features_of_a_subset_are_rows_of_the_whole_and_shared_with_it(tmp_path):
    model, train, _ = parts(tmp_path)
    cache, transforms = FeatureCache(tmp_path / 'features'), evaluation_transforms(32)
    chosen = [7, 2, 5]
    found, labels = cache.get(model, ObjectSubset(train, chosen), transforms)
    np.testing.assert_allclose(found, slow_features(model, train, 32)[chosen], rtol=1e-3, atol=1e-4)
    assert np.array_equal(labels, train.labels[chosen])
    cache.get(model, ObjectSubset(train, [1]), transforms)
    assert np.array_equal(cache.get(model, train, transforms)[0][chosen], found)
    assert len(list((tmp_path / 'features').glob('*.npy'))) == 1


def test_clouds_are_transformed_once_for_all_models(tmp_path, monkeypatch):
    model, train, _ = parts(tmp_path)
    cache, transforms = FeatureCache(tmp_path / 'features'), evaluation_transforms(32)
    cache.get(model, train, transforms)
    monkeypatch.setattr(features, 'cloud_reader', lambda *_: None)
    with torch.no_grad():
        next(model.parameters()).view(-1)[0] += 0.5
    found, _ = cache.get(model, train, transforms)
    np.testing.assert_allclose(found, slow_features(model, train, 32), rtol=1e-3, atol=1e-4)
    assert len(list((tmp_path / 'features').glob('*.npy'))) == 2
    monkeypatch.setattr(features, 'MOST_PREPARED', 1)
    with pytest.raises(TypeError, match='not callable'):
        cache.get(model, train, evaluation_transforms(31))


def test_features_are_computed_once_unless_their_file_is_damaged(tmp_path, monkeypatch):
    model, train, _ = parts(tmp_path)
    cache = FeatureCache(tmp_path / 'features')
    first, _ = cache.get(model, train, ())
    (file,) = (tmp_path / 'features').iterdir()
    file.write_bytes(file.read_bytes()[:-7])
    assert np.array_equal(cache.get(model, train, ())[0], first)
    monkeypatch.setattr(features, 'extract_features', None)
    found, labels = cache.get(model, train, ())
    assert np.array_equal(found, first)
    assert np.array_equal(labels, train.labels)


@pytest.mark.parametrize('change', ['weight', 'pool', 'groups', 'data', 'points', 'buffer'])
def test_whatever_changes_the_features_changes_the_key(tmp_path, change):
    model, train, test = parts(tmp_path)
    cache, transforms = FeatureCache(tmp_path), evaluation_transforms(32)
    before = cache.key(model, train, transforms)
    assert cache.key(model, train, transforms) == before
    with torch.no_grad():
        if change == 'weight':
            next(model.parameters()).view(-1)[0] += 1e-3
        elif change == 'pool':
            model.pool = 'cls'
        elif change == 'groups':
            model.backbone.num_groups += 1
        elif change == 'buffer':
            next(buffer for buffer in model.buffers() if buffer.is_floating_point()).add_(1e-3)
    data = test if change == 'data' else train
    assert cache.key(model, data, evaluation_transforms(31) if change == 'points' else transforms) != before


@pytest.mark.parametrize('broken', [float('nan'), float('inf')])
@pytest.mark.parametrize('kind', [SVM, KNN, Probe, FewShot, Corruption, FrozenCorruption])
def test_features_that_are_not_finite_are_no_figure(tmp_path, kind, broken):
    """Whether all clouds have such features or one."""
    model, train, test = parts(tmp_path)
    forward, given = model.forward, test if kind is Corruption else train
    target = torch.from_numpy(given.points(3)).mean(0)

    def one_is_broken(points):
        features = forward(points)
        features[(points.mean(1) - target).norm(dim=1).argmin()] = broken
        return features

    for found in (one_is_broken, lambda points: forward(points) + broken):
        model.forward = found
        with pytest.raises(UsageError, match=r'^the output of \w+ is not finite for \d+ of \d+ inputs from ShapePack'):
            measured(kind(), model, train, test)
