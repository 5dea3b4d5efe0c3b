"""Which code a job runs, found from imports and syntax trees, so that a change of any of it gives other keys.

A module counts with all that it imports, inside functions too, and with all that these import. A text that is the name
of a module, such as the locations of a registry, counts as its import; one with a part left open stands for all modules
that fit. A name that a package only hands on leads to the
module that has it, not to the rest of the package. Comments, docstrings, line breaks and quotes do not count.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zoo.compat import zoo_home
from zoo.io import from_json, write_whole

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = ('zoo', 'benchmarks')
"""Whose code counts always; of all other code, only what lies beside a module that is asked for."""

MODULE = re.compile(r'[A-Za-z_]\w*(\.[A-Za-z_*][\w*]*)+')
"""Name of a module below a package; a star stands for what a text leaves open."""

MOST_KEPT = 4000
"""Files whose digests are kept; beyond, only those of this process stay."""


@functools.lru_cache
def code_version(*entries: str) -> str:
    """Digest of the code of some modules with all that they import.

    Args:
        entries: names of modules, or paths of Python files.

    Raises:
        ValueError: there is no such module.
    """
    found = {name: _parsed(path, name)['digest'] for name, path in reachable(*entries).items()}
    _keep()
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def reachable(*entries: str) -> dict[str, Path]:
    """Files of some modules and of all that they import, by the name of the module.

    Args:
        entries: names of modules, or paths of Python files.

    Raises:
        ValueError: there is no such module.
    """
    found: dict[str, Path] = {}
    for entry in entries:
        name, root = (
            (Path(entry).stem, Path(entry).resolve().parent) if entry.endswith('.py') else (entry, _home(entry))
        )
        if _file(name, root) is None:
            raise ValueError(f'{entry} is no module whose code can be read')
        waiting, seen = [(name, '')], set()
        while waiting:
            for place in _places(*waiting.pop(), root):
                if isinstance(place, str):
                    path = _file(place, root)
                    if place in seen or path is None:
                        continue
                    found[place] = path
                    pairs = [(module, part) for module, part in _parsed(path, place)['imports']]
                else:
                    pairs = [place]
                waiting += [pair for pair in pairs if pair not in seen]
                seen |= {place, *pairs}
    return found


def _places(name: str, part: str, root: Path | None) -> Iterator[str | tuple[str, str]]:
    """The module that an import leads to, or the import by which a package hands the name on."""
    if '*' in name:
        yield from ((module, '') for module in _fitting(name, root))
    elif part and _file(f'{name}.{part}', root):
        yield f'{name}.{part}'
    elif (path := _file(name, root)) is not None:
        handed = _parsed(path, name)['hands_on'].get(part)
        yield (handed[0], handed[1]) if handed else name


def _fitting(pattern: str, root: Path | None) -> list[str]:
    """Modules whose names fit a text with a part left open."""
    base = ROOT if pattern.split('.')[0] in PACKAGES else root
    found = base.glob(f'{pattern.replace(".", "/")}.py') if base else ()
    return ['.'.join(path.relative_to(base or path).with_suffix('').parts) for path in found]


def _home(name: str) -> Path | None:
    """Folder of the package or module from elsewhere that a module is in; None where it is installed."""
    spec = importlib.util.find_spec(name.split('.')[0])
    place = Path(next(iter(spec.submodule_search_locations or [spec.origin or '']))) if spec else None
    return None if place is None or 'site-packages' in place.parts else place.parent


@functools.lru_cache(None)
def _file(name: str, root: Path | None) -> Path | None:
    """File of a module whose code counts; None for all others."""
    base = ROOT if name.split('.')[0] in PACKAGES else root
    if base is None:
        return None
    place = base.joinpath(*name.split('.'))
    return next((path for path in (place.with_suffix('.py'), place / '__init__.py') if path.is_file()), None)


@functools.lru_cache(None)
def _parsed(path: Path, name: str) -> dict[str, Any]:
    """What :func:`parse` finds in a file; kept by its content, because parsing all files takes seconds."""
    content = path.read_bytes()
    package = name if path.name == '__init__.py' else name.rpartition('.')[0]
    key = hashlib.sha256(f'{package} {path.name} '.encode() + content).hexdigest()
    _used[key] = found = _kept().get(key) or parse(content, package, path.name == '__init__.py')
    return found


_used: dict[str, dict[str, Any]] = {}


@functools.lru_cache
def _kept() -> dict[str, Any]:
    """What earlier processes found in files, by their content."""
    with contextlib.suppress(OSError, ValueError):
        found = from_json((zoo_home() / 'code.json').read_text(encoding='utf-8'))
        if isinstance(found, dict) and all(set(entry) == {'digest', 'imports', 'hands_on'} for entry in found.values()):
            return found
    return {}


def _keep() -> None:
    """Keep what was found for the next process; where that cannot be written, it parses again."""
    if _used.keys() - _kept().keys():
        content = _used if len(_kept()) > MOST_KEPT else {**_kept(), **_used}
        with contextlib.suppress(OSError):
            write_whole(zoo_home() / 'code.json', json.dumps(content).encode())
        _kept.cache_clear()


def parse(content: bytes, package: str, hands_on: bool = False) -> dict[str, Any]:
    """What the code of a file is and needs.

    Args:
        content: of the file.
        package: that it is in.
        hands_on: it is the ``__init__`` of a package.

    Returns:
        ``digest`` of the code; ``imports``, pairs of module and name, the name empty where the module itself is meant;
        ``hands_on``, the pair of every name that a package imports and does nothing with.
    """
    tree = ast.parse(content)
    imports: list[tuple[str, str]] = []
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        for field in ('body', 'orelse', 'finalbody'):
            if isinstance(body := getattr(node, field, None), list) and body:
                code = [entry for entry in body if not _is_text(entry)]
                setattr(node, field, code or ([ast.Pass()] if field == 'body' else []))
        if isinstance(node, ast.If) and 'TYPE_CHECKING' in ast.unparse(node.test):
            skipped |= {inner for entry in node.body for inner in ast.walk(entry)}
        elif node not in skipped:
            imports += _imports(node, package)
    given: dict[str, tuple[str, str]] = {}
    plain = (ast.Import, ast.ImportFrom)
    if hands_on and all(
        isinstance(entry, plain) or 'TYPE_CHECKING' in ast.unparse(entry) or _is_all(entry) for entry in tree.body
    ):
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module != '__future__':
                module = _absolute(node, package)
                given |= {entry.asname or entry.name: (module, entry.name) for entry in node.names}
    text = ast.unparse(tree)
    return {'digest': hashlib.sha256(text.encode()).hexdigest(), 'imports': sorted(set(imports)), 'hands_on': given}


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_all(node: ast.stmt) -> bool:
    """Whether a statement lists the names of a package."""
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == '__all__'


def _imports(node: ast.AST, package: str) -> list[tuple[str, str]]:
    """Modules and names that a node imports."""
    if isinstance(node, ast.Import):
        return [(entry.name, '') for entry in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(_absolute(node, package), '' if entry.name == '*' else entry.name) for entry in node.names]
    text = ''
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and '*' not in node.value:
        text = node.value
    elif isinstance(node, ast.JoinedStr):
        text = ''.join(str(part.value) if isinstance(part, ast.Constant) else '*' for part in node.values)
    return [(text, '')] if MODULE.fullmatch(text) else []


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """Full name of the module that is imported from."""
    parents = package.split('.')[: len(package.split('.')) - node.level + 1] if node.level else []
    return '.'.join([*parents, *([node.module] if node.module else [])])
