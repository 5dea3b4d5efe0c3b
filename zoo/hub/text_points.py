"""Tables of numbers as programs and people write them: marks, names and counts before the rows, several separators."""

from __future__ import annotations

import codecs
import re

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.coordinates import FAR, LEVELS

COMMENTS = ('#', '//', '%')
HEADS = 20
"""Lines of words that may stand before the rows."""

FEW = 128
"""Points below which the smallest step of their coordinates says nothing of how they were written."""

_SEPARATORS = re.compile(r'[\s,;]+')
_TWO_IN_A_FIELD = re.compile(r'[^\s,][^\S\n]+[^\s,]')
_LEADING_ZERO = re.compile(r'(?:^|,)[^\S\n]*[-+]?(?:0\d|(?<=[-+])0[^\S\n]*(?:,|$))', re.MULTILINE)
_AXIS = re.compile(r'([xyz])(?:[^a-z].*)?')


def parse_rows(data: bytes) -> NDArray[np.float64]:
    """Rows of a text, with the columns named x, y and z first where they are named.

    Args:
        data: content of the file, as UTF-8 or with the mark of UTF-16.

    Returns:
        (N, C), in the order of the lines.

    Raises:
        ValueError: it can be read in two ways, or not at all.
    """
    text = data.decode('utf-16' if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else 'utf-8-sig')
    names = ''
    heads: list[str] = []
    rows: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith(COMMENTS):
            names = names if rows else line.lstrip('#/% ')
            continue
        row = line.partition('#')[0].strip()
        (rows if rows or len(heads) == HEADS or _is_number(row) else heads).append(row)
    if len(rows) > 1 and rows[0].isdecimal():  # .pts begin with their number of points
        if int(rows[0]) != len(rows) - 1:
            raise ValueError(f'it announces {rows[0]} points, and {len(rows) - 1} lines follow')
        del rows[0]
    if not rows:
        raise ValueError('it has no row of numbers')
    separator = next((mark for mark in ';,' if mark in rows[0]), None)
    body = '\n'.join(rows)
    decimal = _TWO_IN_A_FIELD.search(body) or ('.' not in body and _LEADING_ZERO.search(body))
    if ',' in body and (separator != ',' or decimal):
        raise ValueError('its commas may part numbers or be in them: write decimal points')
    if separator and all(row.endswith(separator) for row in rows):
        rows = [row[:-1] for row in rows]
    table = np.loadtxt(rows, dtype=np.float64, delimiter=separator, comments=None, quotechar='"', ndmin=2)
    table = _by_name(table, heads[-1] if heads else names, separator, required=bool(heads))
    _check_digits(table)
    return table


def _is_number(line: str) -> bool:
    """Whether every word of a line is a number, not-a-number and infinity included."""
    try:
        return bool([float(word.strip('"')) for word in _SEPARATORS.split(line) if word])
    except ValueError:
        return False


def _by_name(table: NDArray[np.float64], names: str, separator: str | None, *, required: bool) -> NDArray[np.float64]:
    """The table with the columns x, y and z first; a comment may be about something else, a line of names is not."""
    words = names.split(separator) if separator and separator in names else _SEPARATORS.split(names)
    axes = [match[1] if (match := _AXIS.fullmatch(word.strip(' "\'').lower())) else '' for word in words]
    if len(words) == table.shape[1] and all(axes.count(axis) == 1 for axis in 'xyz'):
        first = [axes.index(axis) for axis in 'xyz']
        return table[:, first + [column for column in range(len(words)) if column not in first]]
    if required:
        raise ValueError(f'its {table.shape[1]} columns are called {names!r:.60}, expected x, y and z among the names')
    return table


def _check_digits(table: NDArray[np.float64]) -> None:
    """Refuse map coordinates of six digits: their steps leave nothing of the shape of a cloud."""
    points = table[:, :3]
    if len(points) < FEW or points.shape[1] < 3 or not np.isfinite(points).all():
        return
    extent = np.ptp(points, axis=0).max()
    for axis, column in zip('xyz', points.T, strict=True):
        values = np.unique(column)
        step = np.diff(values).min() if len(values) > 1 else np.inf
        if np.abs(values).max() > FAR * extent and step * LEVELS > extent:
            raise ValueError(f'its {axis} have too few digits so far from 0: write more, or take the offset off before')
