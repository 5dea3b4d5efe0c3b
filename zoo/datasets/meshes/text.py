"""Texts of mesh files."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

WIDE = {codecs.BOM_UTF16_LE: 'utf-16', codecs.BOM_UTF16_BE: 'utf-16'}


def decoded(data: bytes) -> str:
    r"""Return a text with ``\n`` between its lines, without a byte order mark; names in an unknown encoding are bent.

    Raises:
        ValueError: It holds NUL, as the tail of a file does that was never written to its end.
    """
    text = data.decode(WIDE.get(data[:2], 'utf-8-sig'), errors='replace')
    if '\0' in text:
        raise ValueError('NUL in a text')
    return text.replace('\r\n', '\n').replace('\r', '\n')


def numbers(words: Iterable[str]) -> NDArray[np.float64]:
    """Return words as numbers.

    Raises:
        ValueError: One is none.
    """
    rows = list(words)
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError as error:
        comma = ': decimal commas are not read' if ',' in str(error) else ''
        raise ValueError(f'{error}{comma}') from error


def whole_numbers(words: Iterable[str]) -> NDArray[np.int64]:
    """Return words as whole numbers.

    Raises:
        ValueError: One is none.
        OverflowError: One is beyond 64 bits.
    """
    rows = list(words)
    try:
        return np.array([int(word) for word in rows], dtype=np.int64)
    except ValueError as error:
        wrong = next(word for word in rows if not word.lstrip('+-').isdigit() or len(word) > 4000)
        raise ValueError(f'{wrong[:40]!r} is no whole number') from error
