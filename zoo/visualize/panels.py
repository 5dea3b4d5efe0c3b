"""Colored clouds side by side: a picture for a paper, or a page on which they turn."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from zoo.compat import expand
from zoo.errors import UsageError
from zoo.io import write_whole
from zoo.visualize.picture import VIEWPOINT, Floats, Picture, cloud_picture, project

FORMATS = ('.png', '.html', '.json')
"""Endings of files: a picture, a page of its own, a figure for the page of results."""

MOST_SCENES = 8
"""Clouds that a page turns at once: browsers draw few scenes in three dimensions and let go of the oldest."""

MARK = (0, 0, 0)
"""Color of the circle around a place."""

TURN_TOGETHER = """
function turnTogether(plot, relayout) {
  const scenes = Object.keys(plot.layout).filter((name) => name.startsWith('scene'));
  plot.on('plotly_relayout', (change) => {
    const turned = scenes.find((name) => `${name}.camera` in change);
    if (!turned) return;
    const camera = change[`${turned}.camera`];
    const different = (name) => JSON.stringify(plot.layout[name].camera) !== JSON.stringify(camera);
    const others = scenes.filter((name) => name !== turned && different(name));
    if (others.length) relayout(plot, Object.fromEntries(others.map((name) => [`${name}.camera`, camera])));
  });
}
"""
"""Script that turns all clouds of a figure when one is turned."""


@dataclass(frozen=True)
class Panel:
    """One cloud.

    Attributes:
        points: (N, 3), y up, in the unit sphere.
        colors: RGB of every point, uint8 (N, 3).
        circled: (R, 3), places with a circle around them.
        caption: words on it.
        frame: (M, 3), further points that it has room for, so that several clouds are drawn to one scale.
    """

    points: Floats
    colors: Picture
    circled: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    caption: str = ''
    frame: Floats | None = None


@dataclass(frozen=True)
class Panels:
    """Clouds in rows and columns.

    Attributes:
        rows: panels, as many in every row as there are titles.
        titles: titles of the columns.

    Raises:
        ValueError: they are not.
    """

    rows: Sequence[Sequence[Panel]]
    titles: Sequence[str]

    def __post_init__(self) -> None:
        """Count."""
        if any(len(row) != len(self.titles) for row in self.rows):
            raise ValueError(f'{len(self.titles)} titles do not fit rows of {[len(row) for row in self.rows]} panels')

    def picture(self, size: int = 200) -> Picture:
        """RGB of all panels, ``size`` pixels each, below their titles."""
        rows = [np.concatenate([_tile(panel, size) for panel in row], axis=1) for row in self.rows]
        return titled(np.concatenate(rows), self.titles, title_height(size))

    def figure(self, title: str, about: str = '') -> dict[str, Any]:
        """A Plotly figure as JSON: one row at a time, chosen from a list, which turns as one.

        Args:
            title: title of the figure.
            about: words below it.

        Raises:
            UsageError: more columns than a browser draws at once.
        """
        if len(self.titles) > MOST_SCENES:
            raise UsageError(
                f'{len(self.titles)} clouds side by side are more than the {MOST_SCENES} that a browser turns at once: '
                'choose fewer layers, patches or queries, or write a .png'
            )
        traces = [[_traces(panel, place) for place, panel in enumerate(row)] for row in self.rows]
        owners = [number for number, row in enumerate(traces) for parts in row for _ in parts]
        layout: dict[str, Any] = {
            'title': {'text': html.escape(title)},
            'meta': {'about': about},
            'showlegend': False,
            'margin': {'l': 0, 'r': 0, 't': 80, 'b': 0},
            'annotations': [],
        }
        width = 1 / len(self.titles)
        for place, name in enumerate(self.titles):
            hidden = {'visible': False}
            layout[_scene(place)] = {
                'domain': {'x': [place * width, (place + 1) * width], 'y': [0, 0.94]},
                'aspectmode': 'data',
                'camera': {'up': {'x': 0, 'y': 1, 'z': 0}, 'eye': _eye(len(self.titles))},
                **{f'{axis}axis': hidden for axis in 'xyz'},
            }
            layout['annotations'].append(heading(name, (place + 0.5) * width, 0.97))
        if len(self.rows) > 1:
            buttons = [
                {
                    'label': html.escape(row[0].caption or f'object {number + 1}'),
                    'method': 'restyle',
                    'args': ['visible', [owner == number for owner in owners]],
                }
                for number, row in enumerate(self.rows)
            ]
            layout['updatemenus'] = [{'buttons': buttons, 'x': 0, 'xanchor': 'left', 'y': 1.0, 'yanchor': 'bottom'}]
        flat = [trace for row in traces for parts in row for trace in parts]
        return {
            'data': [{**trace, 'visible': owner == 0} for trace, owner in zip(flat, owners, strict=True)],
            'layout': layout,
        }

    def save(self, path: str | Path, title: str = '', about: str = '', size: int = 200) -> Path:
        """Write a file; its ending says what it is.

        Args:
            path: a .png is a picture; an .html a page of its own on which the clouds turn, without network; a .json a
                Plotly figure, which ``tools/benchmark.py --report --site`` shows where it lies in ``views`` of the
                folder of results.
            title: title of a figure.
            about: words below it.
            size: side of a panel of a picture in pixels.

        Raises:
            UsageError: another ending, or a page without Plotly.
        """
        target = expand(path)
        if target.suffix.lower() == '.png':
            save_picture(self.picture(size), target)
        else:
            save_figure(self.figure(title or target.stem, about), target)
        return target


def titled(body: Picture, titles: Sequence[str], bar: int) -> Picture:
    """A picture with titles of its columns, all of one width, in a bar above it.

    Args:
        body: RGB (H, W, 3).
        titles: titles.
        bar: height of the bar in pixels.
    """
    sheet = Image.new('RGB', (body.shape[1], body.shape[0] + bar), 'white')
    sheet.paste(Image.fromarray(body), (0, bar))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(bar * 0.75)
    for place, title in enumerate(titles):
        pen.text((place * body.shape[1] // len(titles) + 3, 1), title, fill='black', font=font)
    return np.asarray(sheet)


def save_picture(picture: Picture, target: Path) -> None:
    """Write a picture (H, W, 3) as .png."""
    write_whole(target, partial(Image.fromarray(picture).save, format='PNG', optimize=True))


def heading(text: str, x: float, y: float) -> dict[str, Any]:
    """Words centered at a place of a Plotly figure, as an annotation."""
    where = {'x': x, 'y': y, 'xref': 'paper', 'yref': 'paper', 'xanchor': 'center'}
    return {'text': html.escape(text), 'showarrow': False, **where}


def save_figure(figure: Mapping[str, Any], target: Path) -> None:
    """Write a Plotly figure as .json, or as .html that needs no network.

    Raises:
        UsageError: another ending, or Plotly is not there.
    """
    if target.suffix.lower() == '.json':
        write_whole(target, json.dumps(figure, allow_nan=False, separators=(',', ':')).encode())
        return
    if target.suffix.lower() != '.html':
        raise UsageError(f'{target}: choose one of {", ".join(FORMATS)} as its ending')
    try:
        from plotly.io import to_html
    except ImportError as error:
        raise UsageError("a page needs plotly: pip install '.[vis]', or write a .png") from error
    script = TURN_TOGETHER + "turnTogether(document.getElementById('{plot_id}'), Plotly.relayout);"
    page = to_html(figure, include_plotlyjs=True, post_script=script, validate=False, config={'displaylogo': False})
    write_whole(target, page.encode())


def side_by_side(found: Mapping[str, Panels]) -> Panels:
    """Panels of several models on the same objects: rows of one object below each other, with the names of the models.

    Args:
        found: panels by name of the model.

    Raises:
        UsageError: their columns differ.
    """
    (first, panels), *others = found.items()
    if not others:
        return panels
    for name, other in others:
        if list(other.titles) != list(panels.titles):
            raise UsageError(f'{first} has {", ".join(panels.titles)}; {name} has {", ".join(other.titles)}')
    rows = []
    for alike in zip(*(part.rows for part in found.values()), strict=True):
        for name, row in zip(found, alike, strict=True):
            label = f'{name}, {row[0].caption}' if row[0].caption else name
            rows.append([replace(row[0], caption=label), *row[1:]])
    return Panels(rows, panels.titles)


def title_height(size: int) -> int:
    """Pixels above panels of a size for their titles."""
    return max(14, size // 12)


def _tile(panel: Panel, size: int) -> Picture:
    """One panel as RGB (size, size, 3)."""
    frame = panel.circled if panel.frame is None else np.concatenate([panel.frame, panel.circled])
    tile = Image.fromarray(cloud_picture(panel.points, panel.colors, size, max(1, size // 90), frame=frame))
    pen = ImageDraw.Draw(tile)
    for x, y in project(panel.circled, np.concatenate([panel.points, frame]), size):
        reach = size / 18
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), outline=MARK, width=max(1, size // 80))
    pen.text((3, 1), panel.caption, fill='black', font=ImageFont.load_default(title_height(size) * 0.7))
    return np.asarray(tile)


def _traces(panel: Panel, place: int) -> list[dict[str, Any]]:
    """The cloud, and the circles, as traces of a scene."""
    hexes = [f'#{red:02x}{green:02x}{blue:02x}' for red, green, blue in panel.colors.tolist()]
    shared = {'type': 'scatter3d', 'mode': 'markers', 'scene': _scene(place), 'hoverinfo': 'skip'}
    found = [{**shared, **_axes(panel.points), 'marker': {'size': 3, 'color': hexes, 'line': {'width': 0}}}]
    if len(panel.circled):
        ring = {'size': 14, 'symbol': 'circle-open', 'color': '#000000', 'line': {'width': 3}}
        found.append({**shared, **_axes(panel.circled), 'marker': ring})
    if panel.caption and place:
        top = np.array([[0.0, 1.15 * float(np.abs(panel.points[:, 1]).max()), 0.0]])
        found.append({**shared, **_axes(top), 'mode': 'text', 'text': [html.escape(panel.caption)]})
    return found


def _axes(points: Floats) -> dict[str, list[float]]:
    """Coordinates (N, 3) by axis, to a thousandth."""
    return {
        axis: np.round(np.asarray(points, dtype=np.float64)[:, number], 3).tolist() for number, axis in enumerate('xyz')
    }


def _eye(columns: int) -> dict[str, float]:
    """Where a scene is seen from: the side that pictures are drawn from, farther off where scenes are narrow."""
    place = (1.6 + 0.4 * columns) * VIEWPOINT.axes()[2]
    return {axis: round(float(value), 3) for axis, value in zip('xyz', place, strict=True)}


def _scene(place: int) -> str:
    """Plotly's name of a scene."""
    return f'scene{place + 1}' if place else 'scene'
