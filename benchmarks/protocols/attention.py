"""How far apart a student attends, layer by layer.

Source: the average attention distance of arXiv 2302.02318, "from Euclidean distances between patch centers and
attention weights". No formula was published and the released code has none: definitions are those of
:mod:`zoo.visualize.attention_distance`. Traps: a distance from a global query has no meaning, as it has no place, so
queries are described by the spread of what they read; both measures equal the mean distance of two patches where
attention is even, and agree nowhere else. Clouds are whole, although masked modeling is trained on few patches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from benchmarks.protocols.base import TOKENS, Context, Data, Protocol, slower
from benchmarks.protocols.features import clouds, evaluation_transforms
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

    @torch.inference_mode()
    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Measure the backbone of an encoder, a :class:`zoo.backbones.PointTransformer`; put into eval mode.

        Returns:
            In radii of the clouds, averaged over objects: ``distance/layer_1`` and on (mean over heads), with
            ``/head_1`` and on behind them; ``spread/...`` alike, for the mean of ``queries``, and with the name of
            every query; ``even``, the mean distance of two patches, a patch and itself included.

        Raises:
            UsageError: the student has no attention.
            ValueError: it lacks a query.
        """
        backbone = encoder.backbone
        check_attention(backbone)
        names = tuple(backbone.query_names)
        if missing := [name for name in self.queries if name not in names]:
            raise ValueError(f'the student has no query {", ".join(missing)}: it has {", ".join(names) or "none"}')
        backbone.eval().to(context.device)
        parts = []
        for points in clouds(data.test, evaluation_transforms(context.num_points), BATCH, context.device):
            output = backbone(points, return_attention=True)
            centers = output.centers.float()
            apart = (centers[:, :, None] - centers[:, None]).norm(dim=-1).mean((1, 2))
            parts.append((attention_distance(output), apart, *((attention_spread(output),) if output.queries else ())))
        distance, even, *spread = (torch.cat(column).double().mean(0).cpu() for column in zip(*parts, strict=True))
        metrics = {'even': float(even), **_by_layer('distance', distance)}
        if spread:
            metrics |= _by_layer('spread', spread[0][..., [names.index(name) for name in self.queries]].mean(-1))
            for layer, row in enumerate(spread[0].mean(1).tolist(), 1):
                metrics |= {f'spread/layer_{layer}/{name}': value for name, value in zip(names, row, strict=True)}
        own = {'subsample': 'fps', 'masks': 'none', 'queries': list(self.queries), 'unit': 'radius of the cloud'}
        return Measurement(metrics, own)


def attention_table(found: Measurement, title: str) -> Table:
    """Layers across; patches, and every query, below each other.

    Args:
        found: measurement of :class:`AttentionDistance`.
        title: title of the table.
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


def _by_layer(name: str, values: Tensor) -> dict[str, float]:
    """Metrics of values (L, heads)."""
    found = {f'{name}/layer_{layer}': float(row.mean()) for layer, row in enumerate(values, 1)}
    for layer, row in enumerate(values, 1):
        found |= {f'{name}/layer_{layer}/head_{head}': float(value) for head, value in enumerate(row, 1)}
    return found
