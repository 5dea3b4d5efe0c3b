"""The words by which folders, arrays and lists name a split."""

from __future__ import annotations

import re

import numpy as np

from zoo.errors import UsageError

_WORDS = {
    **dict.fromkeys(('train', 'training', 'trainval'), 'train'),
    **dict.fromkeys(('val', 'valid', 'validation', 'dev'), 'val'),
    **dict.fromkeys(('test', 'testing'), 'test'),
}
_TAIL = re.compile(r'[\W_]*(set|data|split|meshes|models|objects|shapes)?$')


def split_of(word: str) -> str:
    """Return 'train', 'val' or 'test' for a word that means it, such as ``'Training_set'``; empty for any other."""
    return _WORDS.get(_TAIL.sub('', word.strip().lower(), count=1), '')


def as_text(values: np.ndarray, what: str) -> np.ndarray:
    """Return an array of texts as str: HDF5 and Python 2 store them as bytes.

    Raises:
        UsageError: The bytes are no UTF-8.
    """
    if values.dtype.kind != 'S':
        return values.astype(str)
    try:
        return np.char.decode(values, 'utf-8')
    except UnicodeDecodeError as error:
        raise UsageError(f'{what} has texts that are not UTF-8: make or fetch it again') from error


def read_flags(values: np.ndarray, what: str) -> np.ndarray:
    """Return the split of every row: texts 'train', 'val' or 'test', shape ``(S,)``.

    Args:
        values: Words, or numbers of which 1 (true) is the test split and 0 (false) the training split; a list or a
            column.
        what: The file and the name of the array, for messages.

    Raises:
        UsageError: A flag is none of these.
    """
    if values.shape not in {values.shape[:1], (*values.shape[:1], 1)} or not values.ndim:
        raise UsageError(f'{what} must have one flag a row, not {values.shape}: make it again')
    flags = values.reshape(-1)
    if flags.dtype.kind in 'US':
        flags = as_text(flags, what)
        known = {
            word: split_of(word) or {'0': 'train', 'false': 'train', '1': 'test', 'true': 'test'}.get(word.lower())
            for word in np.unique(flags).tolist()
        }
        wrong = [word for word, split in known.items() if not split]
    else:
        known = {number: {0: 'train', 1: 'test'}.get(number) for number in np.unique(flags).tolist()}
        wrong = [str(number) for number, split in known.items() if not split]
    if wrong:
        raise UsageError(f'{what} has {wrong[0]!r}, expected train, val and test, or 1 for test and 0 for train')
    return np.array([known[flag] for flag in flags.tolist()], dtype=str)
