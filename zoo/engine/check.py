"""Finding the typos in a config before anything is built."""

from __future__ import annotations

import difflib
import inspect
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mmengine
import mmengine.registry
from mmengine import Config
from mmengine.registry import Registry

import zoo.registry
from zoo.errors import UsageError

# Keys that are read before the rest is handed to the constructor.
_FRAMEWORK = {
    'type',
    '_scope_',
    'priority',
    'constructor',
    'paramwise_cfg',
    'optimizer',
    'convert_to_iter_based',
    'init_cfg',
    'end',
}
_BUILDERS = (str(Path(str(mmengine.__file__)).parent), str(Path(__file__).parent))
"""Where constructors are called with arguments from a config."""

_UNEXPECTED = re.compile(r"(?:(\w+)\.__init__|(\w+))\(\) got an unexpected keyword argument '(\w+)'")
_MISSING = re.compile(r'(?:(\w+)\.__init__|(\w+))\(\) missing \d+ required .*?: (.+)')
_UNKNOWN = re.compile(r"'?(.+?) is not in the (\S+) registry")


def registries() -> list[Registry]:
    """Return every registry of the zoo and of mmengine."""
    found = [*vars(zoo.registry).values(), *vars(mmengine.registry).values()]
    return [entry for entry in found if isinstance(entry, Registry)]


def check_config(config: Config) -> None:
    """Check every ``type`` in the config, and the names of the arguments given to it.

    Raises:
        UsageError: A type is not registered or takes no argument of that name; names the place and what comes close.
    """
    known = _registered()
    file = config.filename or 'config'
    for place, node in _nodes(config.to_dict(), ''):
        kind = node['type']
        if not isinstance(kind, str) or '.' in kind:
            continue
        if kind not in known:
            import mmcv.transforms  # noqa: F401 - registers itself; too heavy to load for configs without images

            known = _registered()
        if kind not in known:
            if kind[:1].islower():  # a switch inside of a component, e.g. mask=dict(type='random')
                continue
            raise UsageError(f'{file}: {place}.type: {kind!r} is not registered{_suggest(kind, sorted(known))}')
        problems = [_wrong_argument(target, node) for target in known[kind]]
        if all(problems):
            raise UsageError(f'{file}: {place}: {kind} {problems[0]}')


@contextmanager
def readable_build_errors() -> Iterator[None]:
    """Turn what mmengine raises about a wrong config into one readable line.

    Raises:
        UsageError: A type is not registered, or a constructor was given a wrong argument or lacks one.
    """
    try:
        yield
    except KeyError as error:
        match = _UNKNOWN.search(str(error))
        if match is None:
            raise
        name = match[1].strip('"')
        every = sorted({key for shelf in registries() for key in shelf.module_dict})
        raise UsageError(f'config: type {name!r} is not registered{_suggest(name, every)}') from error
    except TypeError as error:
        caller = traceback.extract_tb(error.__traceback__)[-1].filename
        if not caller.startswith(_BUILDERS):  # a fault in the code, not in the config
            raise
        unexpected, missing = _UNEXPECTED.search(str(error)), _MISSING.search(str(error))
        if unexpected is not None:
            raise UsageError(f'config: {unexpected[1] or unexpected[2]} takes no argument {unexpected[3]!r}') from error
        if missing is not None:
            raise UsageError(f'config: {missing[1] or missing[2]} needs the argument {missing[3]}') from error
        raise


def _registered() -> dict[str, list[Callable[..., Any]]]:
    """Return what is registered, by name; a name may stand for something else in another registry."""
    known: dict[str, list[Callable[..., Any]]] = {}
    for shelf in registries():
        shelf.import_from_location()
        for name, target in shelf.module_dict.items():
            known.setdefault(name, []).append(target)
    return known


def _nodes(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every dict with a ``type``, and where it stands."""
    if isinstance(value, dict):
        if 'type' in value and place:
            yield place, value
        for key, child in value.items():
            yield from _nodes(child, f'{place}.{key}' if place else str(key))
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield from _nodes(child, f'{place}.{index}')


def _wrong_argument(target: Callable[..., Any], node: dict[str, Any]) -> str:
    """Return what is wrong with the names of the arguments, empty when nothing is."""
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):  # a few builtins have no signature
        return ''
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return ''
    names = [parameter.name for parameter in parameters]
    wrong = [key for key in node if key not in names and key not in _FRAMEWORK]
    if not wrong:
        return ''
    return f'takes no argument {wrong[0]!r}{_suggest(wrong[0], names)}; it takes {", ".join(names) or "none"}'


def _suggest(name: str, known: list[str]) -> str:
    """Return a hint at what may have been meant."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    return f', did you mean {" or ".join(close)}?' if close else ''
