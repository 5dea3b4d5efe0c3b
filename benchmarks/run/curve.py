"""Curves as pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.records import Estimate, Plan
from benchmarks.run.results import Results
from benchmarks.run.tables import TableData
from zoo.io import write_whole

COLORS = ('#555555', '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00')
"""Okabe and Ito's, which stay apart for eyes that see few colors; where they are used up, lines are dashed."""

MANY = 15
"""Places beyond which only round ones are named, and points are no longer marked."""

NUMBER = re.compile(r'\d[\d,]*(?:\.\d+)?')


def draw(plan: Plan, results: Results, path: Path) -> None:
    """Draw the rows of a table over its columns as an SVG, with intervals; nothing where nothing is measured.

    Args:
        plan: what the table shows; the first number of a column's name is its place, as in ``25 %``, ``epoch 3``
            and ``1,280 samples``.
        results: folder of results.
        path: place of the picture.

    Raises:
        ValueError: a column has no number in its name.
    """
    data, lines = TableData(plan, results), {}
    for row in plan.rows:
        points = [(place_of(column), data.value(row, column)) for column in plan.columns]
        if known := [(x, value.mean, value.half_width) for x, value in points if isinstance(value, Estimate)]:
            lines[row] = known
    if lines:
        unit = ' %' if all(column.endswith('%') for column in plan.columns) else ''
        write_whole(path, svg(plan.title, lines, (plan.axes[0], plan.axes[1]), unit, plan.doublings))


def place_of(column: str) -> float:
    """The first number in a name.

    Raises:
        ValueError: there is none.
    """
    found = NUMBER.search(column)
    if found is None:
        raise ValueError(f'column {column!r} has no number, so it has no place on a curve')
    return float(found.group().replace(',', ''))


def svg(
    title: str,
    lines: Mapping[str, Sequence[tuple[float, ...]]],
    axes: tuple[str, str] = ('', ''),
    unit: str = '',
    logarithmic: bool = False,
) -> bytes:
    """A picture as SVG; equal lines make an equal one.

    Args:
        title: title of the document, for screen readers.
        lines: place, value and half the width of its interval, if any, of every point, by label.
        axes: names of both axes.
        unit: follows the numbers across.
        logarithmic: whether equal steps across are equal ratios.
    """
    # Half a second to import, and tables need none of it.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # No title, label or tick is read as a formula, and texts stay texts.
    with mpl.rc_context({'svg.hashsalt': 'curve', 'svg.fonttype': 'none', 'text.parse_math': False, 'font.size': 9}):
        figure = Figure(figsize=(9, 4.4), layout='constrained')
        plot = figure.subplots()
        places = sorted({point[0] for points in lines.values() for point in points})
        for number, (label, points) in enumerate(lines.items()):
            across, values, *widths = zip(*points, strict=True)
            plot.errorbar(
                across,
                values,
                widths[0] if widths else None,
                color=COLORS[number % len(COLORS)],
                linestyle='-' if number < len(COLORS) else '--',
                marker='o' if len(points) <= MANY else '',
                markersize=4,
                elinewidth=1 if len(points) <= MANY else 0,
                label=label,
            )
        if logarithmic:
            plot.set_xscale('log')
            plot.minorticks_off()
        if len(places) <= MANY:
            plot.set_xticks(places, [f'{x:,.12g}{unit}' for x in places])
        plot.set(xlabel=axes[0], ylabel=axes[1])
        plot.grid(axis='y', color='#dddddd')
        plot.set_axisbelow(True)
        figure.legend(*plot.get_legend_handles_labels(), loc='outside right upper', frameon=False)
        buffer = io.BytesIO()
        figure.savefig(buffer, format='svg', metadata={'Title': title, 'Date': None})
    return buffer.getvalue()
