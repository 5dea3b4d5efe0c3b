"""The install behind every make target, run with a stand-in for Python that writes down what it is asked to do."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.shared import ROOT, run

# As `python -m venv DIR` it makes DIR with itself inside; as `python -m pip` it fails while the file `offline` exists.
STAND_IN = """#!/bin/bash
echo "$@" >> "$LOG"
if [ "$1 $2" = '-m venv' ]; then
    mkdir -p "$3/bin"; touch "$3/pyvenv.cfg"; cp "$0" "$3/bin/python"
elif [ "$1 $2" = '-m pip' ]; then
    if [ -e offline ]; then echo 'no network' >&2; exit 1; fi
    echo 'Successfully installed everything'
fi
"""


@pytest.fixture
def project(tmp_path):
    for name in ('Makefile', 'setup.py', 'pyproject.toml'):
        shutil.copy(ROOT / name, tmp_path)
        os.utime(tmp_path / name, (1, 1))
    python = tmp_path / 'stand-in'
    python.write_text(STAND_IN)
    python.chmod(0o755)
    return tmp_path


def make(project: Path, target: str = 'test') -> tuple[int, list[str], str]:
    """Run a target: exit status, the calls of Python in order (first words), the output."""
    log = project / 'log'
    log.write_text('')
    stand_in, unset = f'PYTHON={project / "stand-in"}', ('MAKEFLAGS', 'MAKELEVEL', 'MFLAGS')
    result = run('make', target, stand_in, cwd=project, unset=unset, LOG=str(log))
    calls = [line.split()[1] for line in log.read_text().splitlines() if line.startswith('-m ')]
    return result.returncode, calls, result.stdout + result.stderr


def test_the_first_call_installs_and_the_second_does_not(project):
    status, calls, output = make(project)
    assert (status, calls) == (0, ['venv', 'pip', 'pytest'])
    assert 'Successfully installed' in output
    assert make(project)[:2] == (0, ['pytest'])
    assert not (project / '.venv' / '.unfinished').exists()


@pytest.mark.parametrize('name', ['setup.py', 'pyproject.toml'])
def test_changed_requirements_install_into_the_same_environment(project, name):
    make(project)
    os.utime(project / name)
    stamp = project / '.venv' / '.installed'
    os.utime(stamp, (2, 2))
    assert make(project)[:2] == (0, ['pip', 'pytest'])
    assert make(project)[:2] == (0, ['pytest'])


def test_a_failed_first_install_is_made_anew(project):
    (project / 'offline').touch()
    status, calls, output = make(project)
    assert status != 0
    assert calls == ['venv', 'pip']
    assert 'no network' in output
    (project / '.venv' / 'half-written').touch()
    (project / 'offline').unlink()
    status, calls, output = make(project)
    assert (status, calls) == (0, ['venv', 'pip', 'pytest'])
    assert 'starting anew' in output
    assert not (project / '.venv' / 'half-written').exists()


def test_an_update_without_network_keeps_the_environment(project):
    make(project)
    (project / '.venv' / 'gigabytes').touch()
    os.utime(project / '.venv' / '.installed', (0, 0))
    (project / 'offline').touch()
    assert make(project)[0] != 0
    (project / 'offline').unlink()
    assert make(project)[:2] == (0, ['pip', 'pytest'])
    assert (project / '.venv' / 'gigabytes').exists()


def test_an_environment_whose_python_is_gone_is_made_anew(project):
    make(project)
    (project / '.venv' / '.installed').unlink()
    (project / '.venv' / 'bin' / 'python').unlink()
    assert make(project)[:2] == (0, ['venv', 'pip', 'pytest'])


def test_an_environment_of_the_user_is_used_as_it_is(project):
    make(project)
    (project / '.venv' / '.installed').unlink()
    (project / '.venv' / 'of the user').touch()
    assert make(project)[:2] == (0, ['pip', 'pytest'])
    assert (project / '.venv' / 'of the user').exists()


def test_help_names_every_target_and_installs_nothing(project):
    status, calls, output = make(project, 'help')
    assert (status, calls) == (0, [])
    phony = next(line for line in (project / 'Makefile').read_text().splitlines() if line.startswith('.PHONY:'))
    for target in phony.split()[1:]:
        assert f'make {target} ' in output


def test_clean_removes_the_environment(project):
    make(project)
    make(project, 'clean')
    assert not (project / '.venv').exists()
