"""How a test looks at wrong input: what is refused is one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from zoo.errors import UsageError


def refused(action: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """Return the message with which a call is refused: one line."""
    with pytest.raises(UsageError) as error:
        action(*arguments, **options)
    message = str(error.value)
    assert '\n' not in message
    return message
