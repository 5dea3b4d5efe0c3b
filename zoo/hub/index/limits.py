"""YAML of strangers: read within limits, every error one line."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import yaml

from zoo.errors import UsageError

BYTES = 1 << 20
"""Longest file."""

DEPTH = 12
"""Deepest nesting; the index needs seven levels."""

NODES = 100_000
"""Most scalars, lists and mappings of a file."""

LARGEST = 1e15
"""Largest number; bytes of a file stay below."""

_Safe: Any = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)


class _Loader(_Safe):
    """Refuses a key that comes twice, and leaves dates as text."""

    yaml_implicit_resolvers = {
        letter: [(tag, pattern) for tag, pattern in rules if not tag.endswith((':timestamp', ':merge'))]
        for letter, rules in _Safe.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """A mapping whose keys are texts and differ."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, 'a key is no text', key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f'key {key.value!r} comes twice', key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, what: str) -> Any:
    """Content of a YAML file: plain texts, numbers, booleans, lists and mappings.

    Args:
        path: path of the file.
        what: the file as messages call it.

    Raises:
        UsageError: missing, not UTF-8, too long, too deep, not YAML, with anchors, with two equal keys or with a
            number that is too large.
    """
    try:
        with path.open('rb') as file:
            data = file.read(BYTES + 1)
        if len(data) > BYTES:
            raise ValueError(f'it is longer than {BYTES} bytes')
        text = data.decode('utf-8')
        _check_events(text)
        content = yaml.load(text, Loader=_Loader)  # _Loader is a safe loader
        _check_numbers(content)
    except (OSError, ValueError, OverflowError, TypeError, RecursionError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split()).replace('in "<unicode string>", ', '')[:200]
        raise UsageError(f'{what} cannot be read: {reason or type(error).__name__}; restore the file') from error
    return content


def _check_events(text: str) -> None:
    """Refuse anchors, of which bombs are made, and deep or long files, before anything is built of them."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Safe)):
        if getattr(event, 'anchor', None) is not None:
            raise ValueError(f'line {event.start_mark.line + 1}: anchors and aliases are not taken')
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
        if depth > DEPTH:
            raise ValueError(f'line {event.start_mark.line + 1}: nested deeper than {DEPTH} levels')
        if number > NODES:
            raise ValueError(f'it has more than {NODES} parts')


def _check_numbers(value: Any) -> None:
    """Refuse numbers that are not finite or too large."""
    if isinstance(value, dict):
        for entry in value.values():
            _check_numbers(entry)
    elif isinstance(value, list):
        for entry in value:
            _check_numbers(entry)
    elif isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= LARGEST):
        raise ValueError(f'a number is not finite or larger than {LARGEST:g}')
