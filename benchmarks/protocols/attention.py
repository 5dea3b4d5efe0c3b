"""How far apart a student attends, layer by layer.

Source: the average attention distance of arXiv 2302.02318, "from Euclidean distances between patch centres and
attention weights". No formula was published and the released code has none: definitions are those of
:mod:`zoo.visualize.attention_distance`. Traps: a distance from a global query has no meaning, as it has no place, so
queries are described by the spread of what they read; both measures equal the mean distance of two patches where
attention is even, and agree nowhere else. Clouds are whole, although masked modelling is trained on few patches.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from benchmarks.protocols.base import TOKENS, Context, Data, Protocol, slower
from benchmarks.protocols.clouds import clouds
from benchmarks.protocols.measurement import Measurement
from benchmarks.report import Table
from benchmarks.report.cell import Value
from zoo.visualize import attention_distance, attention_spread
from zoo.visualize.attention_map import check_attention

BATCH = 64


@dataclass(frozen=True)
class AttentionDistance(Protocol):
    """Attention distance of patches and spread of queries.

    Attributes:
        queries: names of the global queries that were trained.
    """

    queries: tuple[str, ...] = ()

    name, requires, learns, suite, title = 'attention_distance', TOKENS, False, None, 'attention distance'

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess: some hundred clouds."""
        return 3 + 2 * slower(settings)

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Measure the backbone of an encoder."""
        return measure_attention(encoder.backbone, data.test, context.num_points, self.queries, context.device)


@torch.inference_mode()
def measure_attention(
    backbone: Any, data: Any, num_points: int, queries: Sequence[str] = (), device: str = 'cpu'
) -> Measurement:
    """Measure a :class:`zoo.backbones.PointTransformer`.

    Args:
        backbone: put into eval mode.
        data: objects to look at.
        num_points: points of a cloud, chosen by FPS; then it is scaled to the unit sphere.
        queries: names of the global queries that were trained; their mean is ``spread/layer_L``.
        device: where the backbone runs.

    Returns:
        In radii of the clouds, averaged over objects: ``distance/layer_1`` and on (mean over heads), with
        ``/head_1`` and on behind them; ``spread/...`` alike and with the name of every query; ``even``, the mean
        distance of two patches, a patch and itself included.

    Raises:
        UsageError: the student has no attention.
        ValueError: it lacks a query.
    """
    begin = time.perf_counter()
    check_attention(backbone)
    names = tuple(backbone.query_names)
    if missing := [name for name in queries if name not in names]:
        raise ValueError(f'the student has no query {", ".join(missing)}: it has {", ".join(names) or "none"}')
    backbone.eval().to(device)
    parts = [_seen(backbone, points) for points in clouds(data, num_points, BATCH, device)]
    distance, even, *spread = (torch.cat(column).double().mean(0).cpu() for column in zip(*parts, strict=True))
    metrics = {'even': float(even), **_by_layer('distance', distance)}
    if spread:
        metrics |= _by_layer('spread', spread[0][..., [names.index(name) for name in queries]].mean(-1))
        for layer, row in enumerate(spread[0].mean(1), 1):
            metrics |= {f'spread/layer_{layer}/{name}': float(value) for name, value in zip(names, row, strict=True)}
    protocol = {
        'name': AttentionDistance.name,
        'version': AttentionDistance.version,
        'voting': 'none',
        'subsample': 'fps',
        'masks': 'none',
        'points': num_points,
        'queries': list(queries),
        'unit': 'radius of the cloud',
    }
    return Measurement(metrics, protocol, time.perf_counter() - begin)


def attention_table(found: Measurement, title: str) -> Table:
    """Layers across; patches, and every query, below each other.

    Args:
        found: by :func:`measure_attention`.
        title: of the table.
    """
    layers = sum(name.startswith('distance/') and name.count('/') == 1 for name in found.metrics)
    names = dict.fromkeys(name.split('/')[2] for name in found.metrics if name.startswith('spread/layer_1/'))
    queries = [name for name in names if not name.startswith('head_')]
    rows: list[list[Value]] = [
        ['patches, distance', *(found.metrics[f'distance/layer_{layer}'] for layer in range(1, layers + 1))]
    ]
    for name in queries:
        spread = (found.metrics[f'spread/layer_{layer}/{name}'] for layer in range(1, layers + 1))
        rows.append([f'query {name}, spread', *spread])
    rows.append(['even attention', *[found.metrics['even']] * layers])
    note = 'In radii of the clouds, mean over heads and objects; definitions in zoo/visualize/attention_distance.py.'
    return Table(title, ['', *(f'layer {layer}' for layer in range(1, layers + 1))], rows, [note], digits=3)


def _seen(backbone: Any, points: Tensor) -> tuple[Tensor, ...]:
    """Distance (B, L, heads), mean distance of the patches (B,), and with queries their spread (B, L, heads, Q)."""
    output = backbone(points, return_attention=True)
    centers = output.centers.float()
    even = (centers[:, :, None] - centers[:, None]).norm(dim=-1).mean((1, 2))
    spread = (attention_spread(output),) if output.queries else ()
    return attention_distance(output), even, *spread


def _by_layer(name: str, values: Tensor) -> dict[str, float]:
    """Metrics of values (L, heads)."""
    found = {f'{name}/layer_{layer}': float(row.mean()) for layer, row in enumerate(values, 1)}
    for layer, row in enumerate(values, 1):
        found |= {f'{name}/layer_{layer}/head_{head}': float(value) for head, value in enumerate(row, 1)}
    return found
