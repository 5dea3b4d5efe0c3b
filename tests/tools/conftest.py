"""Tools in this process, which takes seconds less than one of their own; and the fixtures of the engine."""

from __future__ import annotations

import runpy
import sys

import pytest

from tests.engine.conftest import ROOT, train
from zoo.engine.cli import run_cli

__all__ = ['train']


@pytest.fixture
def tool(request, monkeypatch, capsys, tmp_path):
    """The tool that the file of tests is named after, as its last lines run it: exit code, output and errors.

    Wrong usage is one line.
    """
    name = request.path.stem.removeprefix('test_') + '.py'
    main = runpy.run_path(str(ROOT / 'tools' / name))['main']

    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', [name])
        monkeypatch.setattr(sys, 'path', list(sys.path))
        code = run_cli(lambda _: main([str(argument) for argument in arguments]))
        captured = capsys.readouterr()
        if code == 2:
            (line,) = [line for line in captured.err.splitlines() if line.startswith('error: ')]
            assert captured.err.endswith(f'{line}\n')
        return code, captured.out, captured.err

    monkeypatch.setenv('ZOO_DATA', str(tmp_path))
    return run
