"""Which module may know which, and what an import costs."""

from __future__ import annotations

import ast
import re
import socket
import sys
from pathlib import Path

import pytest

from tests.shared import ROOT, run, run_python

WATCHED_IMPORT = """
import sys, time
attempts = []
sys.addaudithook(lambda event, args: attempts.append(event) if event.startswith('socket.') else None)
start = time.process_time()
import {modules}
seconds = time.process_time() - start
print(seconds, len(attempts), *sorted({heavy} & set(sys.modules)))
"""
HEAVY = {'timm', 'transformers', 'torchvision', 'sklearn', 'matplotlib', 'pandas'}


def watched_import(modules: str, heavy: set[str]) -> float:
    """CPU seconds of an import in a fresh interpreter that opens no socket and loads nothing heavy."""
    seconds, attempts, *found = run_python('-c', WATCHED_IMPORT.format(modules=modules, heavy=heavy)).split()
    assert (attempts, found) == ('0', [])
    return float(seconds)


def test_imports_point_one_way():
    result = run(Path(sys.executable).with_name('lint-imports'), '--no-cache')
    assert result.returncode == 0, result.stdout
    assert '0 broken' in result.stdout


def test_import_zoo_is_light_and_offline():
    """The fastest of some runs counts on a busy machine."""
    assert any(watched_import('zoo', HEAVY) < 2.0 for _ in range(3))


@pytest.mark.parametrize(
    ('modules', 'heavy'),
    [
        ('zoo.errors, zoo.registry, zoo.ops, benchmarks', HEAVY),
        ('zoo.transforms', {'mmcv', 'torchvision', 'cv2', 'PIL'}),
        ('zoo.compat', {'torch', 'mmengine', 'numpy', 'torchvision'}),
    ],
)
def test_the_lower_floors_do_not_pull_in_the_heavy_ones(modules, heavy):
    watched_import(modules, heavy)


def test_tools_hold_no_logic():
    for path in (ROOT / 'tools').glob('*.py'):
        tree = ast.parse(path.read_text('utf-8'))
        classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        assert not classes, f'{path.name} defines {classes}: classes live in zoo or benchmarks'


def test_no_module_imports_a_tool_or_a_test():
    for path in [*(ROOT / 'zoo').rglob('*.py'), *(ROOT / 'benchmarks').rglob('*.py')]:
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ''] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition('.')[0] for name in names} & {'tools', 'tests', 'configs'}, path


def test_nothing_above_backbones_asks_for_a_class_of_them():
    asks = re.compile(r'isinstance\(.*(Backbone|Encoder|TwoTower|PointTransformer)|hasattr\(.*backbone')
    for path in [*(ROOT / 'zoo').rglob('*.py'), *(ROOT / 'benchmarks').rglob('*.py')]:
        if 'backbones' not in path.parts:
            assert not asks.search(path.read_text('utf-8')), path


@pytest.mark.parametrize(
    ('call', 'place'),
    [
        (r'\)\.expanduser\(\)', 'compat.py'),  # elsewhere a user without home would end in a traceback
        (r'= torch\.load\(|pickle\.loads?\(', 'tensors.py'),  # elsewhere a file could run code
    ],
)
def test_one_place_alone_calls(call, place):
    paths = [path for part in ('zoo', 'benchmarks', 'tools') for path in (ROOT / part).rglob('*.py')]
    assert [path.name for path in paths if re.search(call, path.read_text('utf-8'))] == [place]


def test_tests_cannot_reach_the_network():
    with socket.socket() as outside, pytest.raises(PermissionError, match='wants to connect'):
        outside.connect(('192.0.2.1', 80))  # an address reserved for documentation
