from __future__ import annotations

import numpy as np
import torch
from sklearn.svm import LinearSVC

from benchmarks.protocols.features import extract_features
from benchmarks.protocols.svm import measure_svm
from tests.backbones.test_contract import SMALL
from tests.layouts import write_pack
from zoo import ops
from zoo.registry import DATASETS, MODELS


def parts(tmp_path):
    torch.manual_seed(0)
    path = write_pack(tmp_path / 'pack.npz', 40, num_points=48)
    train, test = (DATASETS.build(dict(type='ShapePack', points=str(path), split=split)) for split in ('train', 'test'))
    return MODELS.build(dict(type='FeatureExtractor', backbone=SMALL)).eval(), train, test


@torch.no_grad()
def slow_features(model, dataset, num_points):
    """One cloud at a time, every step by hand."""
    rows = []
    for i in range(len(dataset)):
        points = torch.from_numpy(dataset.points(i))[None]
        points = ops.gather_points(points, ops.farthest_point_sample(points, num_points))
        points = points - points.mean(1, keepdim=True)
        rows.append(model(points / points.norm(dim=-1).amax())[0].numpy())
    return np.stack(rows)


def test_features_do_not_depend_on_batches(tmp_path):
    model, train, _ = parts(tmp_path)
    chain = [dict(type='FPSSubsample', num_points=32), dict(type='UnitSphere')]
    for size in (1, 7, 128):
        features, labels = extract_features(model, train, chain, batch_size=size)
        np.testing.assert_allclose(features, slow_features(model, train, 32), rtol=1e-3, atol=1e-4)
    assert np.array_equal(labels, train.labels)


def test_accuracy_equals_plain_scikit_learn(tmp_path):
    model, train, test = parts(tmp_path)
    metrics, protocol, seconds = measure_svm(model, train, test, num_points=32, C=0.075)
    plain = LinearSVC(C=0.075, dual=True, max_iter=1_000_000, tol=1e-7, random_state=1).fit(
        slow_features(model, train, 32), train.labels
    )
    predicted = plain.predict(slow_features(model, test, 32))
    assert metrics['oa'] == 100 * np.mean(predicted == test.labels)
    assert protocol['C'] == 0.075
    assert protocol['train_samples'] == len(train)
    assert seconds > 0
