"""Where a student puts clouds: what lies beside an object, and a map of them all."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zoo.compat import expand
from zoo.errors import UsageError
from zoo.visualize.panels import Panel, Panels, heading, save_figure, save_picture, title_height, titled
from zoo.visualize.picture import BLUE, GREY, RED, Floats, Picture, cloud_picture

BATCH = 32

PERPLEXITY = 30.0
"""Neighbors that t-SNE looks at; of fewer objects, a third of them."""

PALETTE = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (230, 159, 0), (90, 90, 90))
"""Colors of classes, in turn, that are told apart by those who see fewer colors (Okabe and Ito's, without yellow)."""


@torch.inference_mode()
def features_of(model: Any, points: Tensor) -> Floats:
    """Features (B, F) of clouds (B, N, 3), pooled as for a linear SVM."""
    backbone = model.backbone
    found = [backbone.forward_features(batch, 'svm').float().cpu().numpy() for batch in points.split(BATCH)]
    return np.concatenate(found)


def nearest_neighbors(features: Floats, places: Sequence[int], number: int) -> NDArray[np.int64]:
    """Which objects lie nearest to some others by cosine, those excluded, nearest first.

    Args:
        features: (B, F).
        places: positions of the objects whose neighbors are looked for, Q of them.
        number: neighbors of each.

    Returns:
        (Q, number).

    Raises:
        UsageError: there are not so many others.
    """
    if not 0 < number < len(features):
        raise UsageError(f'{number} neighbors among {len(features)} objects: choose 1 to {len(features) - 1}')
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    likeness = unit[list(places)] @ unit.T
    likeness[np.arange(len(places)), list(places)] = -np.inf
    order: NDArray[np.int64] = np.argsort(-likeness, axis=1, kind='stable')[:, :number]
    return order


def neighbor_panels(
    features: Floats, points: Floats, names: Sequence[str], places: Sequence[int], number: int = 5
) -> Panels:
    """One row an object: the object, then what lies nearest, blue where it is of the same class, red where not.

    Args:
        features: (B, F).
        points: (B, N, 3).
        names: class of every object.
        places: positions of the objects whose neighbors are shown.
        number: neighbors of each.

    Raises:
        UsageError: there are not so many others.
    """

    def panel(place: int, color: tuple[int, int, int]) -> Panel:
        return Panel(points[place], np.tile(np.array(color, np.uint8), (points.shape[1], 1)), caption=names[place])

    rows = [
        [panel(place, GREY), *(panel(int(other), BLUE if names[other] == names[place] else RED) for other in others)]
        for place, others in zip(places, nearest_neighbors(features, places, number), strict=True)
    ]
    return Panels(rows, ['object', *(f'neighbor {rank}' for rank in range(1, number + 1))])


def embed_flat(features: Floats, seed: int = 0) -> Floats:
    """Places (B, 2) of features (B, F) on a map, from 0 to 1 on both axes, by t-SNE of what is scaled to unit variance.

    Raises:
        UsageError: fewer than four objects.
    """
    from sklearn.manifold import TSNE
    from sklearn.preprocessing import StandardScaler

    if len(features) < 4:
        raise UsageError(f'a map of {len(features)} objects says nothing: choose at least 4')
    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    scaled = StandardScaler().fit_transform(features.astype(np.float64))
    found = TSNE(perplexity=perplexity, init='pca', random_state=seed).fit_transform(scaled)
    low, high = found.min(axis=0), found.max(axis=0)
    places: Floats = (found - low) / np.maximum(high - low, 1e-12)
    return places


def draw_map(
    maps: Mapping[str, Floats],
    points: Floats,
    labels: NDArray[np.integer[Any]],
    classes: Sequence[str],
    path: str | Path,
    title: str = '',
    about: str = '',
    size: int = 900,
) -> Path:
    """Write maps side by side, each under the name of its model.

    Args:
        maps: places (B, 2) by name of the model, see :func:`embed_flat`.
        points: (B, N, 3), the objects.
        labels: class of every object (B,).
        classes: names of the classes.
        path: a .png has the objects as thumbnails in the color of their class, those left out that would cover others;
            an .html or .json has a point an object, with its class and number.
        title: title of a figure.
        about: words below it.
        size: side of a map of a picture in pixels.

    Raises:
        UsageError: another ending, or a page without Plotly.
    """
    target = expand(path)
    if target.suffix.lower() != '.png':
        figure = _figure(maps, labels, classes)
        figure['layout'] |= {'title': {'text': html.escape(title or target.stem)}, 'meta': {'about': about}}
        save_figure(figure, target)
        return target
    body = np.concatenate([_thumbnails(places, points, labels, size) for places in maps.values()], axis=1)
    save_picture(titled(body, [*maps], title_height(size // 3)), target)
    return target


def class_color(label: int) -> tuple[int, int, int]:
    """Color of a class; there are fewer than there may be classes."""
    return PALETTE[label % len(PALETTE)]


def _thumbnails(places: Floats, points: Floats, labels: NDArray[np.integer[Any]], size: int) -> Picture:
    """A map (size, size, 3) of little clouds, none of which covers another's middle."""
    side = max(24, size // 18)
    canvas: Picture = np.full((size, size, 3), 255, dtype=np.uint8)
    corners = np.round(places * (size - side)).astype(int)
    corners[:, 1] = size - side - corners[:, 1]
    drawn: list[NDArray[np.int64]] = []
    for corner, cloud, label in zip(corners, points, labels, strict=True):
        if any(np.abs(corner - other).max() < side / 2 for other in drawn):
            continue
        drawn.append(corner)
        colors = np.tile(np.array(class_color(int(label)), np.uint8), (len(cloud), 1))
        tile = cloud_picture(cloud, colors, side, 0)
        part = canvas[corner[1] : corner[1] + side, corner[0] : corner[0] + side]
        np.minimum(part, tile, out=part)
    return canvas


def _figure(maps: Mapping[str, Floats], labels: NDArray[np.integer[Any]], classes: Sequence[str]) -> dict[str, Any]:
    """A Plotly figure: a subplot a model, a trace a class."""
    layout: dict[str, Any] = {'hovermode': 'closest', 'annotations': []}
    traces, width = [], 1 / len(maps)
    for number, (name, places) in enumerate(maps.items()):
        end = str(number + 1) if number else ''
        domain = [number * width + 0.01, (number + 1) * width - 0.01]
        plain = {'showgrid': False, 'zeroline': False, 'showticklabels': False}
        layout[f'xaxis{end}'] = {'domain': domain, 'anchor': f'y{end}', **plain}
        layout[f'yaxis{end}'] = {'anchor': f'x{end}', 'scaleanchor': f'x{end}', **plain}
        layout['annotations'].append(heading(name, sum(domain) / 2, 1.02))
        for label in np.unique(labels):
            chosen = np.flatnonzero(labels == label)
            said = html.escape(classes[label])
            traces.append(
                {
                    'type': 'scatter',
                    'mode': 'markers',
                    'name': said,
                    'legendgroup': said,
                    'showlegend': not number,
                    'xaxis': f'x{end}',
                    'yaxis': f'y{end}',
                    'x': np.round(places[chosen, 0], 4).tolist(),
                    'y': np.round(places[chosen, 1], 4).tolist(),
                    'text': [f'{said}, object {place}' for place in chosen],
                    'hoverinfo': 'text',
                    'marker': {'color': f'rgb{class_color(int(label))}', 'symbol': int(label) // len(PALETTE) % 8},
                }
            )
    return {'data': traces, 'layout': layout}
