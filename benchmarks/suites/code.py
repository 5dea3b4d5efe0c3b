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
    before = len(_kept())
    found = {name: _parsed(path, name)['digest'] for name, path in reachable(*entries).items()}
    if len(_kept()) > before:
        with contextlib.suppress(OSError):  # the next process parses again
            newest = dict([*_kept().items()][-MOST_KEPT:])
            write_whole(zoo_home() / 'code.json', json.dumps(newest).encode())
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def reachable(*entries: str) -> dict[str, Path]:
    """Files of some modules and of all that they import, by the name of the module.

    Args:
        entries: names of modules, or paths of Python files.

    Raises:
        ValueError: there is no such module.
    """
    found: dict[str, Path] = {}
    root: Path | None
    for entry in entries:
        name, root = entry, None
        if entry.endswith('.py'):
            name, root = Path(entry).stem, Path(entry).resolve().parent
        elif spec := importlib.util.find_spec(entry.split('.')[0]):
            place = Path(next(iter(spec.submodule_search_locations or [spec.origin or ''])))
            root = None if 'site-packages' in place.parts else place.parent
        if _file(name, root) is None:
            raise ValueError(f'{entry} is no module whose code can be read')
        waiting, seen = [(name, '')], set()
        while waiting:
            name, part = pair = waiting.pop()
            if pair in seen:
                continue
            seen.add(pair)
            if '*' in name:
                base = ROOT if name.split('.')[0] in PACKAGES else root
                fitting = base.glob(f'{name.replace(".", "/")}.py') if base else ()
                waiting += [('.'.join(path.relative_to(base or path).with_suffix('').parts), '') for path in fitting]
            elif part and _file(f'{name}.{part}', root):
                waiting.append((f'{name}.{part}', ''))
            elif path := _file(name, root):
                own = _parsed(path, name)
                if part:
                    module, part = own['hands_on'].get(part, (name, ''))
                    waiting.append((module, part))
                else:
                    found[name] = path
                    waiting += [(module, part) for module, part in own['imports']]
    return found


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
    kept = _kept()
    if key not in kept:
        kept[key] = parse(content, package, path.name == '__init__.py')
    return kept[key]


@functools.lru_cache
def _kept() -> dict[str, dict[str, Any]]:
    """What earlier processes and this one found in files, by their content."""
    with contextlib.suppress(OSError, ValueError):
        found = from_json((zoo_home() / 'code.json').read_text(encoding='utf-8'))
        if isinstance(found, dict) and all(set(entry) == {'digest', 'imports', 'hands_on'} for entry in found.values()):
            return found
    return {}


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

    def module_of(node: ast.ImportFrom) -> str:
        return importlib.util.resolve_name('.' * node.level + (node.module or ''), package)

    tree = ast.parse(content)
    imports: set[tuple[str, str]] = set()
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        for field in ('body', 'orelse', 'finalbody'):
            if isinstance(body := getattr(node, field, None), list):
                setattr(node, field, [entry for entry in body if not _is_text(entry)])
        text = ''
        if isinstance(node, ast.If) and 'TYPE_CHECKING' in ast.unparse(node.test):
            skipped |= {inner for entry in node.body for inner in ast.walk(entry)}
        elif node in skipped:
            continue
        elif isinstance(node, ast.Import):
            imports |= {(entry.name, '') for entry in node.names}
        elif isinstance(node, ast.ImportFrom):
            imports |= {(module_of(node), '' if entry.name == '*' else entry.name) for entry in node.names}
        elif isinstance(node, ast.JoinedStr):
            text = ''.join(str(part.value) if isinstance(part, ast.Constant) else '*' for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and '*' not in node.value:
            text = node.value
        if MODULE.fullmatch(text):
            imports.add((text, ''))
    given: dict[str, tuple[str, str]] = {}
    if hands_on and all(
        isinstance(entry, ast.Import | ast.ImportFrom)
        or 'TYPE_CHECKING' in ast.unparse(entry)
        or ast.unparse(entry).startswith('__all__ = ')
        for entry in tree.body
    ):
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module != '__future__':
                given |= {entry.asname or entry.name: (module_of(node), entry.name) for entry in node.names}
    text = ast.unparse(tree)
    return {'digest': hashlib.sha256(text.encode()).hexdigest(), 'imports': sorted(imports), 'hands_on': given}


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
