"""What a reader may expect of every file beside what the linter holds: short, in its place, of no one machine."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.shared import ROOT

PACKAGES = ('zoo', 'benchmarks')
CODE = sorted(path for name in (*PACKAGES, 'tools', 'tests', 'configs') for path in (ROOT / name).rglob('*.py'))
LIBRARY = [path for path in CODE if path.relative_to(ROOT).parts[0] in PACKAGES]
TEXT_ENDINGS = {'.md', '.toml', '.yml', '.yaml', '.cff', '.py', ''}
TEXT = [
    *CODE,
    *(path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXT_ENDINGS and path.name != '.git'),
    *(path for name in ('docs', 'configs') for path in (ROOT / name).rglob('*.md')),
]

LONGEST_FILE = 400
LONGEST_FUNCTION = 80
FREE_TEST_FOLDERS = frozenset({'tools', 'configs', 'benchmarks'})
"""Folders of tests that mirror a folder of the repository; all others mirror a package of ``zoo``."""

# Folders at the root of one machine or another.
ROOT_FOLDERS = '|'.join(['home', 'root', 'Users', 'mnt', 'media', 'work', 'tmp', 'scratch', 'srv', 'opt'])
MACHINE_PATH = re.compile(rf'(?<![\w.~$}}>/:-])/(?:{ROOT_FOLDERS})/\w')


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_files_and_functions_are_short():
    found = []
    for path in CODE:
        text = path.read_text('utf-8')
        if len(text.splitlines()) > LONGEST_FILE:
            found.append(f'{name_of(path)} has {len(text.splitlines())} lines')
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                found += [f'{name_of(path)}: {node.name} has {length} lines'] if length > LONGEST_FUNCTION else []
    assert not found


def test_no_file_names_a_path_of_one_machine():
    found = []
    for path in TEXT:
        lines = enumerate(path.read_text('utf-8').splitlines(), 1)
        found += [f'{name_of(path)}:{number}' for number, line in lines if MACHINE_PATH.search(line)]
    assert not found


@pytest.mark.parametrize(
    ('line', 'hit'),
    [
        ("open('/" + "home/me/data')", True),
        ('cd /' + 'tmp/x', True),
        ('https://host/home/me', False),
        ('$HOME/media/x', False),
        ('a/media/b', False),
    ],
)
def test_the_path_pattern_finds_paths_and_leaves_addresses(line, hit):
    assert bool(MACHINE_PATH.search(line)) is hit


def mirrored(folder: Path) -> Path:
    """Return the folder of the project that a folder of tests belongs to."""
    parts = folder.relative_to(ROOT / 'tests').parts
    if parts[0] == 'trials':  # of several packages at once
        return ROOT
    return ROOT.joinpath(*parts) if parts[0] in FREE_TEST_FOLDERS else ROOT.joinpath('zoo', *parts)


def test_folders_of_tests_mirror_the_project():
    folders = {path.parent for path in CODE if path.is_relative_to(ROOT / 'tests') and path.name != '__init__.py'}
    strays = [name_of(folder) for folder in folders - {ROOT / 'tests'} if not mirrored(folder).is_dir()]
    assert not strays


def test_every_package_is_tested():
    """By a folder of tests, or by one test file with the name of the package."""
    packages = {path.parent for path in LIBRARY if path.name != '__init__.py'} - {ROOT / 'zoo'}
    tests = [path for path in CODE if path.name.startswith('test_') and path.parent != ROOT / 'tests']
    tested = {mirrored(path.parent) for path in tests}
    tested |= {mirrored(path.parent) / path.stem.removeprefix('test_') for path in tests}
    assert not [name_of(package) for package in packages - tested]
