"""Whether the values of a config are what constructors say they take."""

from __future__ import annotations

import functools
import inspect
import math
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Literal, Union

import numpy as np
import torch
from mmengine.registry import Registry

import zoo.registry
from zoo.errors import UsageError

_LISTS = (Sequence, Iterable, Collection, list, tuple, set, frozenset)
_BY_NAME = (torch.device, torch.dtype, PurePath)
"""Classes whose instances are written as texts."""


def check_arguments(config: Mapping[str, Any], what: str) -> None:
    """Check the values in the config of a component of the zoo and of all inside of it.

    Args:
        config: config with a ``type``.
        what: the config as messages call it.

    Raises:
        UsageError: a constructor takes no such value; names the place.
    """
    shelves = [shelf for shelf in vars(zoo.registry).values() if isinstance(shelf, Registry)]
    for place, node in nodes({what: config}, ''):
        found = [shelf.module_dict[node['type']] for shelf in shelves if node['type'] in shelf.module_dict]
        problems = [wrong_value(target, node) for target in found]
        if problems and all(problems):
            raise UsageError(f'{place}: {node["type"]} {problems[0]}')


def nodes(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every dict with a ``type``, and where it stands."""
    if isinstance(value, dict):
        if 'type' in value and place:
            yield place, value
        for key, child in value.items():
            yield from nodes(child, f'{place}.{key}' if place else str(key))
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield from nodes(child, f'{place}.{index}')


def wrong_value(target: Callable[..., Any], arguments: Mapping[str, Any]) -> str:
    """Return what is wrong with the values given to a constructor or function, empty when nothing is.

    Args:
        target: class or function; what it does not annotate is not checked.
        arguments: values by name; names that it does not take are left to others.
    """
    hints = _hints(target)
    for name, value in arguments.items():
        if name in hints and not _fits(value, hints[name]):
            return f'takes {name} as {_said(hints[name])}, got {_shown(value)}'
    return ''


@functools.cache
def _hints(target: Callable[..., Any]) -> dict[str, Any]:
    """Annotations by name, none where they cannot be read."""
    try:
        return typing.get_type_hints(target.__init__ if inspect.isclass(target) else target)
    except Exception:  # names that exist for a type checker only
        return {}


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value of a config may be meant for an annotation; in doubt it may."""
    origin, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is Literal:
        return value in inner
    if origin in (None, types.NoneType):
        return value is None
    if hint is Any or not inspect.isclass(origin):
        return True
    if origin in (bool, str):
        return isinstance(value, origin)
    if origin is int:
        return isinstance(value, int | np.integer) and not isinstance(value, bool)
    if origin is float:
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        return number and not math.isnan(value)
    if origin in _LISTS:
        # A text is a sequence of its letters, which nobody means.
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            return False
        if not isinstance(value, list | tuple | set | frozenset):
            return True
        if origin is tuple and inner and inner[-1] is not Ellipsis:
            return len(value) == len(inner) and all(map(_fits, value, inner))
        return all(_fits(one, inner[0]) for one in value) if inner else True
    if origin in (dict, Mapping):
        return isinstance(value, Mapping) and (len(inner) < 2 or all(_fits(one, inner[1]) for one in value.values()))
    if value is None or isinstance(value, str | bool | int | float | list | tuple):
        return isinstance(value, origin) or (isinstance(value, str) and issubclass(origin, _BY_NAME))
    return True


def _said(hint: Any) -> str:
    """An annotation as a person says it."""
    origin, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return ' or '.join(dict.fromkeys(map(_said, inner)))
    if origin is Literal:
        return ' or '.join(map(repr, inner))
    if origin in (None, types.NoneType):
        return 'None'
    if origin in _LISTS:
        of = [_said(one) for one in inner if one is not Ellipsis]
        if origin is tuple and len(of) > 1:
            return f'[{", ".join(of)}]'
        plain = {int: ' of whole numbers', float: ' of numbers', str: ' of texts'}
        return 'a list' + (plain.get(inner[0], '') if inner else '')
    if origin in (dict, Mapping):
        return 'a dict'
    names = {int: 'a whole number', float: 'a number', str: 'a text', bool: 'True or False'}
    return names.get(origin) or str(getattr(origin, '__name__', origin))


def _shown(value: Any) -> str:
    """A value, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f'{text[:57]}...'
