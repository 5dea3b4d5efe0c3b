"""Every method and size takes its step, and computes what protocols read, where tensors have shapes and no values.

What a GPU must not be asked meanwhile fails here without one: a value (``.item()``, ``if tensor``), a shape that
depends on values (boolean indices), and a tensor that was made on the CPU.
"""

from __future__ import annotations

import pytest
import torch

from benchmarks.protocols.features import evaluation_transforms
from benchmarks.protocols.zero_shot import ProjectedQueries, alignments
from benchmarks.speed.steps import made_ready, step_config
from zoo.config import ROOT, load_config
from zoo.hub.names import known_configs
from zoo.models.preprocess import build_transforms, transformed
from zoo.visualize import attention_distance, attention_spread

DOWNSTREAM = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob('configs/[fs][iu][np]*/*.py'))
"""Configs of fine-tuning and of supervised training."""


@pytest.mark.parametrize('name', known_configs(), ids=str)
def test_a_step(name):
    with made_ready(step_config(name), 4, 'meta') as (model, batch, _):
        batch = {key: value.to('meta') for key, value in batch.items()}
        losses = model(**model.data_preprocessor(batch, training=True), mode='loss')
        assert all(loss.shape == () for loss in losses.values())
        sum(losses.values()).backward()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    assert sum(parameter.grad is not None for parameter in trained) > 0.9 * len(trained)
    if name.size == 'nano':  # layers that are there more than once ask for nothing else
        with torch.inference_mode():
            measure(model.eval())


def measure(model):
    """What protocols ask of a pretrained model, except figures."""
    points = torch.empty(4, 1100, 3, device='meta')
    points = transformed({'points': points}, build_transforms(evaluation_transforms(1024)))['points']
    output = model.backbone(points)
    assert all(output.global_feature(query).shape[0] == 4 for query in output.queries)
    if model.mask is not None:
        model.encode(points)
    for name in alignments(model):
        assert ProjectedQueries(model, {name: 1.0})(points).shape[0] == 4
    if type(model.backbone).__name__ == 'PointTransformer':
        output = model.backbone(points, return_attention=True)
        assert attention_distance(output).shape[0] == 4
        assert not output.queries or attention_spread(output).shape[0] == 4


@pytest.mark.parametrize('config', DOWNSTREAM)
def test_a_step_downstream(config):
    with made_ready(load_config(ROOT / config), 4) as (model, batch, _):
        model.to('meta').trusted = True  # a segmenter looks at the labels of its first batch, and no later one
        batch = {key: value.to('meta') for key, value in batch.items()}
        sum(model(**model.data_preprocessor(batch, training=True), mode='loss').values()).backward()
        with torch.inference_mode():
            batch = model.eval().data_preprocessor(batch, training=False)
            assert len(model.extract(**batch)) == 4
