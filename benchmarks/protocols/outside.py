"""Code of users, named as ``package.module:NAME`` or ``FILE.py:NAME``."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from zoo.errors import UsageError


def load(spec: str) -> Any:
    """What a name stands for; a file is run once, with its folder on the path, so that it can import its neighbours.

    Args:
        spec: ``package.module:NAME`` or ``FILE.py:NAME``.

    Raises:
        UsageError: it cannot be imported or has no such name.
    """
    place, _, name = spec.rpartition(':')
    if not place or not name:
        raise UsageError(f'{spec!r} names no code: expected package.module:NAME or FILE.py:NAME')
    try:
        found = _file(Path(place)) if place.endswith('.py') else importlib.import_module(place)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f'{place} cannot be imported: {type(error).__name__}: {error}') from error
    for part in name.split('.'):
        if not hasattr(found, part):
            raise UsageError(f'{place} has no {name!r}')
        found = getattr(found, part)
    return found


def address(entry: Any) -> str:
    """How :func:`load` finds a class or function, in another process too."""
    module = sys.modules[entry.__module__]
    name = module.__name__
    if name == '__main__' and module.__spec__ is not None:
        name = module.__spec__.name
    file = getattr(module, '__file__', None)
    own = name == '__main__' or name.startswith('_file_')
    return f'{Path(file).resolve() if own and file else name}:{entry.__qualname__}'


def _file(path: Path) -> Any:
    """The module of a file."""
    path = path.resolve()
    if not path.is_file():
        raise UsageError(f'there is no file {path}')
    name = f'_file_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}'
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise UsageError(f'{path} is no Python file')
        if str(path.parent) not in sys.path:
            sys.path.insert(0, str(path.parent))
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]
