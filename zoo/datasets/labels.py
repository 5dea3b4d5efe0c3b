"""Labels of files of any kind, checked before use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo.datasets.splits import as_text
from zoo.errors import UsageError

AGAIN = 'make or fetch it again'


def check_labels(
    labels: np.ndarray, what: str, *, count: int, classes: Sequence[str] | int, from_zero: bool = False
) -> np.ndarray:
    """Return labels from a file of any kind as int64 ``(S,)``.

    Args:
        labels: A list ``(S,)`` or a column ``(S, 1)`` of whole numbers of any type, or of class names.
        what: The file and the name of the array, for messages.
        count: Number of objects S.
        classes: Names of the classes, or how many there are: labels lie between 0 and one less.
        from_zero: Whether labels that seem to count from 1 are refused; for files that lack no class at the head.

    Raises:
        UsageError: Wrong shape or type, or a label out of range.
    """
    if labels.shape not in {(count,), (count, 1)} or labels.dtype.kind not in 'biufUS':
        raise UsageError(f'{what} must be {count} labels, one an object, not {labels.dtype} {labels.shape}: {AGAIN}')
    flat, last = labels.reshape(-1), (classes if isinstance(classes, int) else len(classes)) - 1
    if flat.dtype.kind in 'US':
        names = [] if isinstance(classes, int) else list(classes)
        texts = as_text(flat, what)
        wrong = np.flatnonzero(~np.isin(texts, names))
        if len(wrong):
            found, row = texts[wrong[0]].item(), wrong[0]
            expected = 'a name of classes' if names else f'0 to {last}'
            raise UsageError(f'{what} has the label {found!r} in row {row}, expected {expected}: {AGAIN}')
        return np.array([names.index(text) for text in texts.tolist()], dtype=np.int64)
    flat = flat.astype(np.uint8) if flat.dtype.kind == 'b' else flat
    wrong = np.flatnonzero(~((flat >= 0) & (flat <= last) & (flat == np.floor(flat))))
    if len(wrong):
        found, row = flat[wrong[0]].item(), wrong[0]
        raise UsageError(f'{what} has the label {found} in row {row}, expected 0 to {last}: {AGAIN}')
    numbers = flat.astype(np.int64)
    present = np.unique(numbers)
    # A file that lacks class 0 and no other up to its last one: more likely all labels are one too high.
    if from_zero and len(present) > 1 and np.array_equal(present, np.arange(1, len(present) + 1)):
        raise UsageError(f'{what} counts from 1 to {present[-1]}, expected labels from 0 to {last}: {AGAIN}')
    return numbers
