"""Curves as pictures that need no library."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.records.statistics import Estimate
from benchmarks.run.results import Results
from benchmarks.run.tables import Figures
from zoo.io import write_whole

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 748, 400, 72, 248, 20, 52
COLOURS = ('#555555', '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00')
"""Okabe and Ito's, which stay apart for eyes that see few colours; where they are used up, lines are dashed."""

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Distances of grid lines, times a power of ten."""

DASHES = ' stroke-dasharray="6 4"'

MANY = 15
"""Places beyond which only round ones are named, and points are no longer marked."""

NUMBER = re.compile(r'\d+(?:\.\d+)?')

Points = Sequence[tuple[float, Estimate]]


def draw(sheet: Mapping[str, Any], results: Results, path: Path) -> None:
    """Draw the rows of a sheet over its columns as an SVG, with intervals; nothing where nothing is measured.

    Args:
        sheet: as :meth:`benchmarks.suites.sheet.Sheet.to_json` wrote it; the first number of a column's name is its
            place, as in ``25 %`` and ``epoch 3``.
        results: folder of results.
        path: of the picture.

    Raises:
        ValueError: a column has no number in its name.
    """
    figures = Figures(sheet, results)
    lines: dict[str, Points] = {}
    for row in sheet['rows']:
        points = [(place_of(column), figures.value(row, column)) for column in sheet['columns']]
        known = [(x, value) for x, value in points if isinstance(value, Estimate)]
        if known:
            lines[row] = known
    if lines:
        unit = ' %' if all(column.endswith('%') for column in sheet['columns']) else ''
        across, up = sheet.get('axes') or ('', '')
        write_whole(path, svg(str(sheet['title']), lines, (across, up), unit).encode())


def draw_values(
    lines: Mapping[str, Sequence[tuple[float, float]]], path: Path, title: str, axes: tuple[str, str]
) -> None:
    """Draw plain numbers as an SVG, without intervals.

    Args:
        lines: place and value of every point, by label.
        path: of the picture.
        title: read by screen readers.
        axes: names of both axes.
    """
    points = {name: [(x, Estimate(y, math.nan, 1)) for x, y in line] for name, line in lines.items()}
    write_whole(path, svg(title, points, axes).encode())


def place_of(column: str) -> float:
    """The first number in a name.

    Raises:
        ValueError: there is none.
    """
    found = NUMBER.search(column)
    if found is None:
        raise ValueError(f'column {column!r} has no number, so it has no place on a curve')
    return float(found.group())


@dataclass(frozen=True)
class _Frame:
    """Where values lie on the picture.

    Attributes:
        left: smallest value across.
        right: largest value across.
        low: lower end of the values upwards.
        high: upper end.
    """

    left: float
    right: float
    low: float
    high: float

    def across(self, x: float) -> float:
        """Place of a value across."""
        return LEFT + (x - self.left) / ((self.right - self.left) or 1.0) * (WIDTH - LEFT - RIGHT)

    def up(self, y: float) -> float:
        """Place of a value upwards."""
        return HEIGHT - BOTTOM - (y - self.low) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)


def svg(title: str, lines: Mapping[str, Points], axes: tuple[str, str] = ('', ''), unit: str = '') -> str:
    """The picture.

    Args:
        title: read by screen readers.
        lines: place and estimate of every point, by label.
        axes: names of both axes.
        unit: follows the numbers across.
    """
    places = sorted({x for points in lines.values() for x, _ in points})
    ends = [end for points in lines.values() for _, value in points for end in _ends(value)]
    spread = max(ends) - min(ends)
    margin = 0.05 * spread or 0.05 * abs(ends[0]) or 1.0
    frame = _Frame(places[0], places[-1], min(ends) - margin, max(ends) + margin)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_grid(frame, places, unit),
        *_names(axes),
    ]
    for place, (label, points) in enumerate(lines.items()):
        colour, dashed = COLOURS[place % len(COLOURS)], place >= len(COLOURS)
        parts += _line(frame, points, colour, dashed)
        parts += _key(label, TOP + 18 * place + 10, colour, dashed)
    return '\n'.join([*parts, '</svg>', ''])


def _grid(frame: _Frame, places: Sequence[float], unit: str) -> list[str]:
    """Lines at round values, and the numbers of both axes."""
    bottom = HEIGHT - BOTTOM + 18
    named = places if len(places) <= MANY else [value for value, _ in _rounds(frame.left, frame.right)]
    parts = [f'<text x="{frame.across(x):.1f}" y="{bottom}" text-anchor="middle">{x:g}{unit}</text>' for x in named]
    for value, text in _rounds(frame.low, frame.high):
        at = f'{frame.up(value):.1f}'
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at}" dy="4" text-anchor="end">{text}</text>')
    return parts


def _rounds(low: float, high: float) -> list[tuple[float, str]]:
    """Round values within a range, evenly spaced, and how they are written."""
    step = _round_step((high - low) / 5)
    digits = max(0, -math.floor(math.log10(step) + 1e-9) + (1 if _leading(step) == 2.5 else 0))
    counts = range(math.ceil(low / step), math.floor(high / step) + 1)
    return [(count * step, f'{count * step:.{digits}f}') for count in counts]


def _leading(step: float) -> float:
    """A number without its power of ten."""
    return round(step / 10.0 ** math.floor(math.log10(step) + 1e-9), 6)


def _round_step(least: float) -> float:
    """The smallest round distance that is not below ``least``."""
    power = 10.0 ** math.floor(math.log10(least))
    return power * next(step for step in STEPS if step * power >= least * (1 - 1e-9))


def _key(label: str, y: int, colour: str, dashed: bool) -> list[str]:
    """A piece of the line and its name, beside the picture."""
    left = WIDTH - RIGHT + 12
    dash = DASHES if dashed else ''
    return [
        f'<line x1="{left}" x2="{left + 22}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="2"{dash}/>',
        f'<text x="{left + 28}" y="{y}" fill="{colour}">{escape(label)}</text>',
    ]


def _names(axes: tuple[str, str]) -> list[str]:
    """Names of the axes that have one."""
    middle, height = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    across = f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{escape(axes[0])}</text>'
    turned = f'transform="rotate(-90 16 {height})"'
    up = f'<text x="16" y="{height}" text-anchor="middle" {turned}>{escape(axes[1])}</text>'
    return [text for text, name in zip((across, up), axes, strict=True) if name]


def _line(frame: _Frame, points: Points, colour: str, dashed: bool) -> list[str]:
    """One curve with its intervals."""
    way = ' '.join(f'{frame.across(x):.1f},{frame.up(value.mean):.1f}' for x, value in points)
    dash = DASHES if dashed else ''
    parts = [f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>']
    for x, value in points if len(points) <= MANY else ():
        bottom, top = (f'{frame.up(end):.1f}' for end in _ends(value))
        at = f'{frame.across(x):.1f}'
        parts.append(f'<line x1="{at}" x2="{at}" y1="{bottom}" y2="{top}" stroke="{colour}"/>')
        parts.append(f'<circle cx="{at}" cy="{frame.up(value.mean):.1f}" r="3" fill="{colour}"/>')
    return parts


def _ends(value: Estimate) -> tuple[float, float]:
    """Ends of the interval; the mean where there is none."""
    return (value.mean, value.mean) if math.isnan(value.half_width) else (value.low, value.high)
