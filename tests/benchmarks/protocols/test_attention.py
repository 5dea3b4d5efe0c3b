from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from benchmarks.protocols import attention
from benchmarks.protocols.attention import AttentionDistance, attention_table
from tests.backbones.test_contract import JOINT, PLAIN, SMALL
from tests.benchmarks.protocols.parts import cloud, measured, parts
from zoo.errors import UsageError
from zoo.registry import BACKBONES


@pytest.fixture
def data(tmp_path):
    return parts(tmp_path, num_objects=12)[1]


def distances(backbone, data, queries=()):
    return measured(AttentionDistance(queries), SimpleNamespace(backbone=backbone), None, data, 24)


@torch.no_grad()
def slow(model, data):
    """Sums over objects, layers, heads, patches, one at a time."""
    found = {}

    def add(name, value, share):
        found[name] = found.get(name, 0.0) + value / share

    for index in range(len(data)):
        output = model(cloud(data, index, 24), return_attention=True)
        places = output.centers[0].double().numpy()
        apart = np.array([[np.linalg.norm(a - b) for b in places] for a in places])
        add('even', apart.mean(), len(data))
        for layer, maps in enumerate(output.attentions, 1):
            for head, rows in enumerate(maps['tokens'][0].double().numpy(), 1):
                value = np.mean([row @ apart[i] / row.sum() for i, row in enumerate(rows)])
                add(f'distance/layer_{layer}/head_{head}', value, len(data))
                add(f'distance/layer_{layer}', value, len(data) * model.num_heads)
            for head, rows in enumerate(maps['queries'][0].double().numpy() if 'queries' in maps else [], 1):
                for name, row in zip(model.query_names, rows, strict=True):
                    value = row @ apart @ row / row.sum() ** 2
                    add(f'spread/layer_{layer}/{name}', value, len(data) * model.num_heads)
                    if name == 'image':
                        add(f'spread/layer_{layer}', value, len(data) * model.num_heads)
                        add(f'spread/layer_{layer}/head_{head}', value, len(data))
    return found


@pytest.mark.parametrize(
    ('config', 'queries'), [(PLAIN, ()), (JOINT, ('image',)), (SMALL, ('image',))], ids=['none', 'joint', 'cross']
)
def test_every_figure_equals_a_loop(data, monkeypatch, config, queries):
    monkeypatch.setattr(attention, 'BATCH', 4)
    torch.manual_seed(0)
    model = BACKBONES.build(config)
    with torch.no_grad():
        for block in model.blocks:  # attention that is far from even
            for parameter in block.parameters():
                parameter.mul_(3)
    found = distances(model, data, queries)
    assert found.metrics == pytest.approx(slow(model.eval(), data), rel=1e-4)
    assert found.metrics['distance/layer_2'] != pytest.approx(found.metrics['even'], rel=1e-2)
    assert not len(found.labels)


def test_a_query_that_is_not_there_is_named(data):
    with pytest.raises(ValueError, match='no query text'):
        distances(BACKBONES.build(PLAIN), data, ('text',))
    model = BACKBONES.build({'type': 'PointNet', 'widths': (8, 16), 'input_transform': False})
    with pytest.raises(UsageError, match='this PointNet does not provide'):
        distances(model, data)


def test_the_table_has_a_row_for_patches_and_for_every_query(data):
    found = distances(BACKBONES.build(JOINT), data)
    table = attention_table(found, 'Title')
    assert table.header == ['', 'layer 1', 'layer 2', 'layer 3']
    assert [row[0] for row in table.rows] == [
        'patches, distance', 'query cls, spread', 'query image, spread', 'even attention'
    ]  # fmt: skip
    assert table.rows[2][2] == found.metrics['spread/layer_2/image']
