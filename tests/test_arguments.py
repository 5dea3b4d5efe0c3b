from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

from zoo.arguments import wrong_value


def takes(
    whole: int = 0,
    number: float = 0.0,
    text: str = '',
    flag: bool = False,
    names: Sequence[str] = (),
    pair: tuple[float, float] = (0.0, 1.0),
    nested: Sequence[Sequence[int]] = (),
    maybe: int | None = None,
    config: dict[str, Any] | None = None,
    scales: Mapping[str, float] | None = None,
    mode: Literal['a', 'b'] = 'a',
    device: torch.device | None = None,
    path: str | Path = '',
    anything: Any = None,
    bare=None,
) -> None: ...


@pytest.mark.parametrize(
    'right',
    [
        {'whole': 3, 'number': 2, 'text': 'x', 'flag': True, 'names': ('a', 'b'), 'pair': [0, 1.5]},
        {'whole': np.int64(3), 'number': np.float32(2), 'names': [], 'nested': [[1, 2], (3,)], 'maybe': None},
        {'config': {'type': 'A'}, 'scales': {'head': 10}, 'mode': 'b', 'device': 'cpu', 'path': Path('x')},
        {'anything': 'x', 'bare': object(), 'unknown': 3, 'number': float('inf')},
    ],
)
def test_what_is_meant_passes(right):
    assert wrong_value(takes, right) == ''


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        ({'names': 'cls'}, "takes names as a list of texts, got 'cls'"),
        ({'names': ['a', 1]}, "takes names as a list of texts, got ['a', 1]"),
        ({'names': {'a': 1}}, "takes names as a list of texts, got {'a': 1}"),
        ({'nested': ['ab']}, "takes nested as a list, got ['ab']"),
        ({'whole': 3.0}, 'takes whole as a whole number, got 3.0'),
        ({'whole': True}, 'takes whole as a whole number, got True'),
        ({'number': '1/1000'}, "takes number as a number, got '1/1000'"),
        ({'number': float('nan')}, 'takes number as a number, got nan'),
        ({'flag': 'no'}, "takes flag as True or False, got 'no'"),
        ({'pair': [1.0]}, 'takes pair as [a number, a number], got [1.0]'),
        ({'maybe': 'none'}, "takes maybe as a whole number or None, got 'none'"),
        ({'config': 'none'}, "takes config as a dict or None, got 'none'"),
        ({'scales': {'head': []}}, "takes scales as a dict or None, got {'head': []}"),
        ({'mode': 'c'}, "takes mode as 'a' or 'b', got 'c'"),
        ({'text': 'x' * 100, 'whole': 'y' * 100}, 'takes whole as a whole number, got ' + "'" + 'y' * 56 + '...'),
    ],
)
def test_what_cannot_be_meant_is_said(wrong, message):
    assert wrong_value(takes, wrong) == message
