"""The schema of records, and the part of JSON Schema that it is written in."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name('schema.json')

TYPES: dict[str, tuple[type, ...]] = {
    'object': (dict,),
    'array': (list,),
    'string': (str,),
    'integer': (int,),
    'number': (int, float),
    'null': (type(None),),
}

KEYWORDS = frozenset(
    {'$schema', '$id', '$defs', '$ref', 'title', 'description', 'type', 'enum', 'pattern', 'minimum', 'maximum'}
    | {'exclusiveMinimum', 'minLength', 'properties', 'required', 'additionalProperties', 'items', 'anyOf'}
)
"""What a schema may use; anything else would be passed over in silence."""


@functools.cache
def schema() -> dict[str, Any]:
    """The schema of the current layout (JSON Schema, draft 2020-12)."""
    return json.loads(PATH.read_text(encoding='utf-8'))


def check(data: Any) -> None:
    """Check a record's JSON.

    Raises:
        ValueError: it is not what the schema says; the message names the first place.
    """
    problem = next(problems(data, schema(), schema()), None)
    if problem is not None:
        raise ValueError(problem)


def problems(data: Any, rule: Mapping[str, Any], root: Mapping[str, Any], at: str = '') -> Iterator[str]:
    """Everything in ``data`` that breaks ``rule``, each with its place.

    Args:
        data: JSON.
        rule: schema of this place.
        root: schema that holds the definitions.
        at: the place, dotted.
    """
    if '$ref' in rule:
        yield from problems(data, root['$defs'][rule['$ref'].removeprefix('#/$defs/')], root, at)
    here = at or 'the record'
    if 'type' in rule and not _is(data, rule['type']):
        kinds = rule['type'] if isinstance(rule['type'], str) else ' or '.join(rule['type'])
        yield f'{here} is {json.dumps(data)[:40]}, expected {kinds}'
        return
    if 'enum' in rule and data not in rule['enum']:
        yield f'{here} is {json.dumps(data)[:40]}, expected one of {json.dumps(rule["enum"])}'
    if isinstance(data, str):
        yield from _text_problems(data, rule, here)
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield from _number_problems(data, rule, here)
    elif isinstance(data, dict):
        yield from _object_problems(data, rule, root, at)
    elif isinstance(data, list) and 'items' in rule:
        for position, entry in enumerate(data):
            yield from problems(entry, rule['items'], root, f'{at}[{position}]')
    if 'anyOf' in rule:
        found = [list(problems(data, option, root, at)) for option in rule['anyOf']]
        if all(found):
            yield found[-1][0]


def _is(data: Any, kinds: str | list[str]) -> bool:
    """Whether a value has one of the types; True is no number."""
    names = [kinds] if isinstance(kinds, str) else kinds
    return any(isinstance(data, TYPES[name]) for name in names) and not isinstance(data, bool)


def _text_problems(data: str, rule: Mapping[str, Any], here: str) -> Iterator[str]:
    """Length and pattern of a text."""
    if len(data) < rule.get('minLength', 0):
        yield f'{here} is empty'
    if 'pattern' in rule and not re.search(rule['pattern'], data):
        yield f'{here} is {data[:40]!r}, expected the pattern {rule["pattern"]}'


def _number_problems(data: float, rule: Mapping[str, Any], here: str) -> Iterator[str]:
    """Range of a number."""
    if data != data or data in (float('inf'), -float('inf')):
        yield f'{here} is {data}, expected a finite number'
    elif data < rule.get('minimum', data) or data > rule.get('maximum', data):
        yield f'{here} is {data}, outside {rule.get("minimum", "-∞")} to {rule.get("maximum", "∞")}'
    elif 'exclusiveMinimum' in rule and data <= rule['exclusiveMinimum']:
        yield f'{here} is {data}, expected more than {rule["exclusiveMinimum"]}'


def _object_problems(data: dict[str, Any], rule: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    """Names of an object and what they hold."""
    inside = f'{at}.' if at else ''
    yield from (f'{inside}{name} is missing' for name in rule.get('required', ()) if name not in data)
    others = rule.get('additionalProperties', True)
    for name, value in data.items():
        if name in rule.get('properties', {}):
            yield from problems(value, rule['properties'][name], root, f'{inside}{name}')
        elif others is False:
            yield f'{inside}{name} is no field of this layout'
        elif isinstance(others, dict):
            yield from problems(value, others, root, f'{inside}{name}')
