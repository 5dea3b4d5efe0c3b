"""Where the tests find reference data that is not part of the project, and fresh processes to test in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get('ZOO_SHARED', ROOT.parent / 'shared'))


def shared_file(*parts: str) -> Path:
    """Path below the shared folder; skips the test when it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f'reference data {"/".join(parts)} not found; point ZOO_SHARED at the folder that holds it')
    return path


def run(
    *command: str | Path, cwd: Path = ROOT, unset: tuple[str, ...] = (), **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end.

    Args:
        command: a program and its arguments.
        cwd: where.
        unset: variables of the environment to leave out.
        variables: others to set.
    """
    environment = {name: value for name, value in os.environ.items() if name not in unset} | variables
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def run_python(*arguments: str | Path, **options: Any) -> str:
    """Output of Python with these arguments, run as by :func:`run`, which must not fail."""
    done = run(sys.executable, *arguments, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def read_in_little_memory(reader: str, paths: list[Path], spare: int) -> list[str]:
    """Why files are refused by a process that may take ``spare`` bytes more than it has; '' for one that is read.

    Args:
        reader: ``module.function`` that reads a path.
        paths: the files.
        spare: bytes.
    """
    module, _, function = reader.rpartition('.')
    code = f"""
import resource, sys
from pathlib import Path
from {module} import {function}
from zoo.errors import UsageError
used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {spare}, used + {spare}))
for path in map(Path, sys.argv[1:]):
    try:
        {function}(path)
        print()
    except (UsageError, ValueError) as error:
        print(repr(str(error)))
"""
    return run_python('-c', code, *paths).splitlines()
