"""Which patches a student attends to, drawn on the cloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zoo.backbones import StudentOutput, require
from zoo.errors import UsageError
from zoo.visualize.attention_distance import attention_layers, patch_shares
from zoo.visualize.panels import Panel, Panels
from zoo.visualize.picture import GREY, RED, heat


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
def attention_panels(
    backbone: Any, points: Tensor, viewers: Sequence[int | str] = (0,), layers: Sequence[int] | None = None
) -> Panels:
    """One row an object: the cloud with all patches that look, then what each viewer attends to in each layer.

    A point has the color of the patch whose center is nearest: warm and dark where its panel is attended to most. A
    patch that looks has a circle around its center, and its points are red in the first column.

    Args:
        backbone: a :class:`zoo.backbones.PointTransformer` in eval mode.
        points: (B, N, 3) on its device.
        viewers: positions of patches, and names of global queries.
        layers: numbers of layers, from 1; all by default.

    Raises:
        UsageError: no attention, or no such query, patch or layer.
    """
    check_attention(backbone)
    names = tuple(backbone.query_names)
    output = backbone(points, return_attention=True)
    depth, number = len(output.attentions), output.centers.shape[1]
    chosen = list(range(1, depth + 1)) if layers is None else list(layers)
    if not chosen or not all(1 <= layer <= depth for layer in chosen):
        raise UsageError(f'layers {", ".join(map(str, chosen))}: this student has layers 1 to {depth}')
    patches = [viewer for viewer in viewers if isinstance(viewer, int)]
    for viewer in viewers:
        if isinstance(viewer, str) and viewer not in names:
            raise UsageError(
                f'this student has no query {viewer!r}: it has {", ".join(names) or "none, choose a patch"}'
            )
        if isinstance(viewer, int) and not 0 <= viewer < number:
            raise UsageError(f'patch {viewer}: this student has patches 0 to {number - 1}')
    nearest = (points[:, :, None] - output.centers[:, None]).norm(dim=-1).argmin(-1)
    titles, maps, rings = ['cloud'], [], []
    for viewer in viewers:
        place = (None, viewer) if isinstance(viewer, int) else (names.index(viewer), 0)
        what = f'patch {viewer}' if isinstance(viewer, int) else f'query {viewer}'
        for layer in chosen:
            titles.append(f'layer {layer}' if len(viewers) == 1 else f'{what}, layer {layer}')
            maps.append(attention_map(output, layer - 1, *place).gather(1, nearest).cpu().numpy())
            rings.append([viewer] if isinstance(viewer, int) else [])
    if len(viewers) == 1:
        titles[0] = what
    centers, owners = output.centers.cpu().numpy(), nearest.cpu().numpy()
    rows = []
    for index, cloud in enumerate(points.cpu().numpy()):
        colors = np.tile(np.array(GREY, dtype=np.uint8), (len(cloud), 1))
        colors[np.isin(owners[index], patches)] = RED
        rows.append(
            [Panel(cloud, colors, centers[index, patches])]
            + [
                Panel(cloud, heat(values[index]), centers[index, ring])
                for values, ring in zip(maps, rings, strict=True)
            ]
        )
    return Panels(rows, titles)
