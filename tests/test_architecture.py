"""Which module may know which, and what an import costs."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

WATCHED_IMPORT = """
import sys, time
attempts = []
sys.addaudithook(lambda event, args: attempts.append(event) if event.startswith('socket.') else None)
start = time.process_time()
import {module}
seconds = time.process_time() - start
heavy = sorted({{'timm', 'transformers', 'torchvision', 'sklearn', 'matplotlib', 'pandas'}} & set(sys.modules))
print(f'{{seconds:.3f}}', ','.join(heavy) or '-', ','.join(sorted(set(attempts))) or '-')
"""


def watched_import(module: str) -> tuple[float, str, str]:
    """Import in a fresh interpreter: CPU seconds, heavy packages loaded, socket events."""
    code = WATCHED_IMPORT.format(module=module)
    result = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    seconds, heavy, sockets = result.stdout.split()
    return float(seconds), heavy, sockets


def test_imports_point_one_way():
    command = [str(Path(sys.executable).with_name('lint-imports')), '--no-cache']
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert '0 broken' in result.stdout


def test_import_zoo_is_light_and_offline():
    """The fastest of some runs counts on a busy machine."""
    for _ in range(3):
        seconds, heavy, sockets = watched_import('zoo')
        assert (heavy, sockets) == ('-', '-')
        if seconds < 2.0:
            break
    assert seconds < 2.0


def test_the_lower_floors_do_not_pull_in_the_heavy_ones():
    _, heavy, sockets = watched_import('zoo.errors, zoo.registry, zoo.ops, benchmarks')
    assert (heavy, sockets) == ('-', '-')


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


def test_tests_cannot_reach_the_network():
    with socket.socket() as outside, pytest.raises(PermissionError, match='wants to connect'):
        outside.connect(('192.0.2.1', 80))  # an address reserved for documentation
