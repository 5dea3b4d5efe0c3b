"""Runs ``tools/train.py`` many times, each in a process of its own, and pays for its imports once.

``python -m tests.datasets.layouts.tool_runs`` reads a JSON list of runs from standard input (``config``, ``cwd`` and
``data``, the data root) and prints a list of their exit codes and of what they wrote to standard error.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

IMPORTS = (
    'zoo.engine.cli',
    'zoo.datasets',
    'zoo.models',
    'torch._dynamo',
    'torch.utils.tensorboard',
    'matplotlib.figure',
)


def run_all(runs: list[dict[str, str]]) -> list[tuple[int, str]]:
    """Return the exit code and the standard error of every run."""
    done = subprocess.run(
        [sys.executable, '-m', 'tests.datasets.layouts.tool_runs'],
        input=json.dumps(runs),
        cwd=ROOT,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
        check=True,
    )
    return [(code, text) for code, text in json.loads(done.stdout)]


def _run(config: str, cwd: str, data: str) -> tuple[int, str]:
    """Fork, and let the child be the tool."""
    log, null = (os.open(path, os.O_RDWR | os.O_CREAT) for path in (Path(cwd) / 'stderr', os.devnull))
    child = os.fork()
    if not child:
        os.dup2(log, 2)
        os.dup2(null, 1)
        os.chdir(cwd)
        os.environ['ZOO_DATA'] = data
        sys.argv = [str(ROOT / 'tools' / 'train.py'), config, '--device', 'cpu']
        code = 1
        try:
            runpy.run_path(sys.argv[0], run_name='__main__')
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, (Path(cwd) / 'stderr').read_text()


if __name__ == '__main__':
    # What a training imports, before any thread is started that a fork would lose.
    for module in IMPORTS:
        importlib.import_module(module)
    print(json.dumps([_run(**run) for run in json.load(sys.stdin)]))
