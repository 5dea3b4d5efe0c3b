"""Names of classes as words of a sentence."""

from __future__ import annotations

import re

_SEAM = re.compile(r'(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_\s-]+')
"""Where two words meet: before a capital, before the last capital of an acronym, at underscores, hyphens and spaces."""


def readable(name: str) -> str:
    """Turn the name of a class into lower-case words.

    Args:
        name: A name in any of the usual spellings.

    Returns:
        For example ``'non wheel chair'`` for ``'NonWheelChair'`` and ``'night stand'`` for ``'night_stand'`` or
        ``'night-stand'``.
    """
    return ' '.join(word for word in _SEAM.split(name) if word).lower()
