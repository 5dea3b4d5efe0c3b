"""The keys of one mapping of the index, each checked when it is taken."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn, TypeVar

from zoo.errors import UsageError
from zoo.hub.names import is_inside

LONGEST = 2000
"""Letters of a text."""

T = TypeVar('T', str, int, float)


class Fields:
    """A mapping of the index.

    Attributes:
        where: file and place, for messages.

    Raises:
        UsageError: it is no mapping, or has a key that is not known; by every method: the value is missing or another.
    """

    def __init__(self, data: Any, where: str, known: Collection[str]) -> None:
        self.where = where
        if not isinstance(data, Mapping):
            raise UsageError(f'{where}: it is {_short(data)}, expected a mapping with {", ".join(known)}')
        self._data = data
        unknown = next((key for key in data if key not in known), None)
        if unknown is not None:
            close = difflib.get_close_matches(str(unknown), known, n=1)
            hint = f'did you mean {close[0]}?' if close else f'known are {", ".join(known)}'
            raise UsageError(f'{where}: key {_short(unknown)} is not known; {hint}')

    def __contains__(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._data

    def fail(self, key: str, expected: str) -> NoReturn:
        """Refuse the value of a key.

        Raises:
            UsageError: always.
        """
        if key not in self._data:
            raise UsageError(f'{self.where}: key {key!r} is missing, expected {expected}')
        raise UsageError(f'{self.where}: {key} is {_short(self._data[key])}, expected {expected}')

    def text(self, key: str, default: str | None = None, pattern: str = '', expected: str = 'a text') -> str:
        """A text of one line, not empty.

        Args:
            key: key of the mapping.
            default: value where the key is absent; None requires it.
            pattern: regular expression of the whole text.
            expected: says so in words.
        """
        value: Any = self._data.get(key)
        if key not in self._data and default is not None:
            return default
        if not _is_text(value) or (pattern and not re.fullmatch(pattern, value)):
            self.fail(key, expected)
        return str(value)

    def choice(self, key: str, choices: Collection[str], default: str | None = None) -> str:
        """One of some texts."""
        value = self.text(key, default, expected=f'one of {", ".join(choices)}')
        if value not in choices:
            self.fail(key, f'one of {", ".join(choices)}')
        return value

    def path(self, key: str, folder: str, suffix: str, default: str | None = None) -> str:
        """A file of the project."""
        value = self.text(key, default, expected=f'a path {folder}/...{suffix}')
        if value != default and not is_path(value, folder, suffix):
            self.fail(key, f'a path {folder}/...{suffix} that does not leave the folder')
        return value

    def whole(self, key: str, default: int | None = None, least: int = 1) -> int:
        """A whole number."""
        value = self._data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or (value < least and value != default):
            self.fail(key, f'a whole number, at least {least}')
        return value

    def number(self, key: str, default: float, least: float, most: float) -> float:
        """A number in a range."""
        value = self._data.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            self.fail(key, f'a number from {least:g} to {most:g}')
        return float(value)

    def many(self, key: str, kind: type[T]) -> tuple[T, ...]:
        """A list of texts or whole numbers; empty where the key is absent."""
        value = self._data.get(key, [])
        fine = isinstance(value, list) and all(
            _is_text(entry) if kind is str else isinstance(entry, kind) and not isinstance(entry, bool)
            for entry in value
        )
        if not fine:
            self.fail(key, f'a list of {"texts" if kind is str else "whole numbers"}')
        return tuple(value)

    def figures(self, key: str) -> dict[str, float]:
        """Numbers by name; empty where the key is absent."""
        value = self._data.get(key, {})
        fine = isinstance(value, Mapping) and all(
            _is_text(name) and isinstance(entry, int | float) and not isinstance(entry, bool)
            for name, entry in value.items()
        )
        if not fine:
            self.fail(key, 'numbers by name')
        return {name: float(entry) for name, entry in value.items()}

    def mapping(self, key: str) -> dict[str, Any]:
        """A mapping with texts for keys; empty where the key is absent."""
        value = self._data.get(key, {})
        if not isinstance(value, Mapping) or not all(map(_is_text, value)):
            self.fail(key, 'a mapping')
        return dict(value)

    def children(self, key: str) -> list[Any]:
        """A list of whatever; empty where the key is absent."""
        value = self._data.get(key, [])
        if not isinstance(value, list):
            self.fail(key, 'a list')
        return value

    def get(self, key: str) -> Any:
        """The value as it is, None where the key is absent."""
        return self._data.get(key)


def is_path(value: str, folder: str, suffix: str) -> bool:
    """Whether a text is the path of a file of a kind below a folder of the project."""
    return is_inside(value) and value.startswith(f'{folder}/') and value.endswith(suffix)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= LONGEST and value.isprintable()


def _short(value: Any) -> str:
    """A value in a message of one line."""
    if isinstance(value, dict | list):
        return f'a {"mapping" if isinstance(value, dict) else "list"} of {len(value)}'
    text = repr(value)
    return text if len(text) <= 60 else f'{text[:57]}...'
