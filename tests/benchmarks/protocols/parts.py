"""A small frozen student, a small pack, and its features the slow way."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.protocols.base import Context, Data
from tests.backbones.test_contract import SMALL
from tests.layouts import write_pack
from zoo import ops
from zoo.registry import DATASETS, MODELS


def parts(tmp_path, pool='svm', num_objects=40):
    torch.manual_seed(0)
    path = write_pack(tmp_path / 'pack.npz', num_objects, num_points=48)
    train, test = (DATASETS.build(dict(type='ShapePack', points=str(path), split=split)) for split in ('train', 'test'))
    return MODELS.build(dict(type='FeatureExtractor', backbone=SMALL, pool=pool)).eval(), train, test


def measured(protocol, model, train, test, num_points=32, seed=0, **context):
    """What a protocol finds, outside of any job."""
    return protocol.measure(model, Data(train, test), Context(num_points, seed, **context))


def cloud(dataset, index, num_points, order='given'):
    """Points (1, N, 3) of one object, every step by hand."""
    points = ops.in_order(torch.from_numpy(dataset.points(index))[None], order)
    points = ops.gather_points(points, ops.farthest_point_sample(points, num_points))
    points = points - points.mean(1, keepdim=True)
    return points / points.norm(dim=-1).amax()


@torch.no_grad()
def spread(model, by=3):
    """The model with clouds apart from each other, so that retrieval finds something."""
    for block in model.backbone.blocks:
        for parameter in block.parameters():
            parameter.mul_(by)
    return model


def unaligned(backbone=SMALL):
    """A student that is trained by no teacher."""
    objectives = {'reconstruct': {'type': 'ReconstructPoints', 'decoder': {'depth': 1}}}
    mask = {'type': 'random', 'ratio': 0.5}
    return MODELS.build({'type': 'Pretrainer', 'backbone': backbone, 'objectives': objectives, 'mask': mask}).eval()


@torch.no_grad()
def slow_features(model, dataset, num_points, order='given'):
    """One cloud at a time."""
    return np.stack([model(cloud(dataset, i, num_points, order))[0].numpy() for i in range(len(dataset))])
