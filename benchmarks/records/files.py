"""The text of what is written: JSON with sorted keys, without NaN."""

from __future__ import annotations

import json
from typing import Any


def to_text(data: Any) -> str:
    """JSON with sorted keys, one setting a line.

    Raises:
        ValueError: NaN or infinity, which JSON does not know.
    """
    return json.dumps(data, indent=1, sort_keys=True, allow_nan=False)


def from_text(text: str) -> Any:
    """Read JSON.

    Raises:
        ValueError: not JSON, or nested too deeply; NaN and infinity are not JSON.
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError('it is nested too deeply') from error


def _refuse(constant: str) -> float:
    raise ValueError(f'{constant} is not JSON')
