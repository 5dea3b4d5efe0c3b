"""Curves as pictures that need no library."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.records.files import write_whole
from benchmarks.records.statistics import Estimate
from benchmarks.run.results import Results
from benchmarks.run.tables import Figures

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 400, 56, 170, 20, 48
COLOURS = ('#555555', '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00')
"""Okabe and Ito's, which stay apart for eyes that see few colours."""


def draw(sheet: Mapping[str, Any], results: Results, path: Path) -> None:
    """Draw the rows of a sheet over its columns as an SVG, with intervals; nothing where nothing is measured.

    Args:
        sheet: as :meth:`benchmarks.suites.sheet.Sheet.to_json` wrote it; columns read ``25 %``.
        results: folder of results.
        path: of the picture.
    """
    figures = Figures(sheet, results)
    lines: dict[str, list[tuple[float, Estimate]]] = {}
    for row in sheet['rows']:
        points = [(float(column.split()[0]), figures.value(row, column)) for column in sheet['columns']]
        known = [(x, value) for x, value in points if isinstance(value, Estimate)]
        if known:
            lines[row] = known
    if lines:
        write_whole(path, svg(str(sheet['title']), lines).encode())


@dataclass(frozen=True)
class _Frame:
    """Where values lie on the picture.

    Attributes:
        left: smallest percent.
        right: largest percent.
        low: lower end of the accuracies.
        high: upper end.
    """

    left: float
    right: float
    low: float
    high: float

    def across(self, x: float) -> float:
        """Place of a percent."""
        return LEFT + (x - self.left) / ((self.right - self.left) or 1.0) * (WIDTH - LEFT - RIGHT)

    def up(self, y: float) -> float:
        """Place of an accuracy."""
        return HEIGHT - BOTTOM - (y - self.low) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)


def svg(title: str, lines: Mapping[str, list[tuple[float, Estimate]]]) -> str:
    """The picture.

    Args:
        title: read by screen readers.
        lines: percent and estimate of every point, by label.
    """
    places = sorted({x for points in lines.values() for x, _ in points})
    ends = [end for points in lines.values() for _, value in points for end in _ends(value)]
    margin = 0.05 * (max(ends) - min(ends)) or 1.0
    frame = _Frame(places[0], places[-1], min(ends) - margin, max(ends) + margin)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_axes(frame, places),
    ]
    for place, (label, points) in enumerate(lines.items()):
        colour = COLOURS[place % len(COLOURS)]
        parts += _line(frame, points, colour)
        y = TOP + 18 * place + 10
        parts.append(f'<text x="{WIDTH - RIGHT + 12}" y="{y}" fill="{colour}">{escape(label)}</text>')
    return '\n'.join([*parts, '</svg>', ''])


def _axes(frame: _Frame, places: list[float]) -> list[str]:
    """Grid and names of both axes."""
    bottom = HEIGHT - BOTTOM + 18
    parts = [f'<text x="{frame.across(x):.1f}" y="{bottom}" text-anchor="middle">{x:g} %</text>' for x in places]
    for step in range(5):
        y = frame.low + step * (frame.high - frame.low) / 4
        at = f'{frame.up(y):.1f}'
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at}" dy="4" text-anchor="end">{y:.1f}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">share of the pretraining data</text>')
    return parts


def _line(frame: _Frame, points: list[tuple[float, Estimate]], colour: str) -> list[str]:
    """One curve with its intervals."""
    way = ' '.join(f'{frame.across(x):.1f},{frame.up(value.mean):.1f}' for x, value in points)
    parts = [f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for x, value in points:
        bottom, top = (f'{frame.up(end):.1f}' for end in _ends(value))
        at = f'{frame.across(x):.1f}'
        parts.append(f'<line x1="{at}" x2="{at}" y1="{bottom}" y2="{top}" stroke="{colour}"/>')
        parts.append(f'<circle cx="{at}" cy="{frame.up(value.mean):.1f}" r="3" fill="{colour}"/>')
    return parts


def _ends(value: Estimate) -> tuple[float, float]:
    """Ends of the interval; the mean where there is none."""
    return (value.mean, value.mean) if math.isnan(value.half_width) else (value.low, value.high)
