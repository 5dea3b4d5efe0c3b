"""Keys under which finished jobs are found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

LENGTH = 32
"""Hexadecimal digits of a key: 128 bits."""


def digest(content: Any) -> str:
    """Digest of JSON content; the order of names does not matter, that of lists does.

    Args:
        content: mappings, lists, tuples, text, numbers, booleans, None.

    Returns:
        ``LENGTH`` hexadecimal digits.

    Raises:
        TypeError: something JSON cannot hold, whose text might change from run to run.
        ValueError: NaN or infinity.
    """
    text = json.dumps(plain(content), sort_keys=True, separators=(',', ':'), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def plain(value: Any) -> Any:
    """A value as JSON has it: tuples are lists, numpy's scalars are numbers, names are text."""
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value.item() if isinstance(value, np.generic) else value
