"""Code of users, named as ``package.module:NAME`` or ``FILE.py:NAME``."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import operator
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from zoo.errors import UsageError


def load(spec: str) -> Any:
    """What a name stands for; a file is run once, with its folder on the path, so that it can import its neighbors.

    Args:
        spec: ``package.module:NAME`` or ``FILE.py:NAME``.

    Raises:
        UsageError: it cannot be imported or has no such name.
    """
    place, _, name = spec.rpartition(':')
    if not place or not name:
        raise UsageError(f'{spec!r} names no code: expected package.module:NAME or FILE.py:NAME')
    if place.endswith('.py') and not Path(place).is_file():
        raise UsageError(f'there is no file {Path(place).resolve()}')
    try:
        found = _module_of(Path(place).resolve()) if place.endswith('.py') else importlib.import_module(place)
    except Exception as error:
        raise UsageError(f'{place} cannot be imported: {type(error).__name__}: {error}') from error
    try:
        return operator.attrgetter(name)(found)
    except AttributeError:
        raise UsageError(f'{place} has no {name!r}') from None


def address(entry: Any) -> str:
    """Name by which :func:`load` finds a class or function, in another process too."""
    module = sys.modules[entry.__module__]
    name = module.__name__
    if name == '__main__' and module.__spec__ is not None:
        name = module.__spec__.name
    file = getattr(module, '__file__', None)
    own = name == '__main__' or name.startswith('_file_')
    return f'{Path(file).resolve() if own and file else name}:{entry.__qualname__}'


def _module_of(path: Path) -> ModuleType:
    """The module of a file."""
    name = f'_file_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}'
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        if str(path.parent) not in sys.path:
            sys.path.insert(0, str(path.parent))
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]
