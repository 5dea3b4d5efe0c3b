"""Which patches a student attends to, drawn on the cloud."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zoo.backbones import StudentOutput, require
from zoo.errors import UsageError
from zoo.visualize.attention_distance import attention_layers, patch_shares
from zoo.visualize.picture import GREY, RED, cloud_picture, heat, save_tiles


def attention_map(output: StudentOutput, layer: int, query: int | None = None, patch: int = 0) -> Tensor:
    """Attention of one query, or of one patch, to the encoded patches, mean over heads; rows sum to one.

    Args:
        output: output of a student called with ``return_attention=True``.
        layer: position of the layer, from 0; negative counts from the end.
        query: position of a global query; None looks at a patch.
        patch: position of the patch that looks.

    Returns:
        (B, T).

    Raises:
        ValueError: the output has no attention, or no queries where one is asked for.
    """
    found = attention_layers(output)[layer]
    if query is not None and 'queries' not in found:
        raise ValueError('this student has no queries: choose a patch')
    return patch_shares(found['tokens'][:, :, patch] if query is None else found['queries'][:, :, query]).mean(1)


def check_attention(backbone: Any) -> None:
    """Refuse a student that has no attention to show.

    Raises:
        UsageError: it has none.
    """
    require(backbone, {'attention'}, 'a picture of attention')


@torch.inference_mode()
def draw_attention(
    backbone: Any,
    points: Tensor,
    path: str | Path,
    query: str | None = None,
    patch: int = 0,
    layers: Sequence[int] | None = None,
    size: int = 160,
) -> Path:
    """Write a PNG: one row an object, one column a layer; bright parts are attended to most within their picture.

    A point has the color of the patch whose center is nearest. The patch that looks is marked red in the first column.

    Args:
        backbone: a :class:`zoo.backbones.PointTransformer` in eval mode.
        points: (B, N, 3) on its device.
        path: the file.
        query: name of a global query; None looks at a patch.
        patch: position of the patch that looks.
        layers: numbers of layers, from 1; all by default.
        size: side of a picture in pixels.

    Raises:
        UsageError: no attention, or no such query, patch or layer.
    """
    check_attention(backbone)
    names = tuple(backbone.query_names)
    if query is not None and query not in names:
        raise UsageError(f'this student has no query {query!r}: it has {", ".join(names) or "none, choose a patch"}')
    output = backbone(points, return_attention=True)
    depth, number = len(output.attentions), output.centers.shape[1]
    chosen = list(range(1, depth + 1)) if layers is None else list(layers)
    if not chosen or not all(1 <= layer <= depth for layer in chosen):
        raise UsageError(f'layers {", ".join(map(str, chosen))}: this student has layers 1 to {depth}')
    if not 0 <= patch < number:
        raise UsageError(f'patch {patch}: this student has patches 0 to {number - 1}')
    nearest = (points[:, :, None] - output.centers[:, None]).norm(dim=-1).argmin(-1)
    place = None if query is None else names.index(query)
    maps = [attention_map(output, layer - 1, place, patch).gather(1, nearest).cpu().numpy() for layer in chosen]
    rows = []
    for index, cloud in enumerate(points.cpu().numpy()):
        colours = np.tile(np.array(GREY, dtype=np.uint8), (len(cloud), 1))
        if query is None:
            colours[(nearest[index] == patch).cpu().numpy()] = RED
        rows.append(
            [cloud_picture(cloud, colours, size)] + [cloud_picture(cloud, heat(values[index]), size) for values in maps]
        )
    first = f'patch {patch}' if query is None else f'query {query}'
    return save_tiles(rows, [first, *(f'layer {layer}' for layer in chosen)], path)
