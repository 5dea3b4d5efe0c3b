"""What continuous integration calls: both targets, the summary last, the status of the tests."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.shared import ROOT, run


def run_ci(project):
    """Run the script of a project, whether or not make runs this test."""
    return run(project / '.ci' / 'run', unset=tuple(name for name in os.environ if name.startswith(('MAKE', 'MFLAGS'))))


@pytest.mark.parametrize(
    ('recipe', 'status', 'last'),
    [
        ("echo '3 passed in 0.10s'", 0, '3 passed in 0.10s'),
        ("echo '1 failed, 2 passed in 61.00s (0:01:01)'; exit 1", 2, '1 failed, 2 passed in 61.00s (0:01:01)'),
        ("echo '2 passed in 0.10s'; echo afterwards", 0, '2 passed in 0.10s'),
        ('echo Segmentation fault; exit 1', 2, 'no summary: pytest did not come to its end'),
    ],
)
def test_the_summary_is_last_and_the_status_is_kept(tmp_path, recipe, status, last):
    shutil.copytree(ROOT / '.ci', tmp_path / '.ci')
    (tmp_path / 'Makefile').write_text(f'lint:\n\t@echo linted\ntest:\n\t@{recipe}\n')
    result = run_ci(tmp_path)
    assert result.returncode == status
    assert result.stdout.splitlines()[0] == 'linted'
    assert result.stdout.splitlines()[-1] == last


def test_a_failed_lint_ends_it(tmp_path):
    shutil.copytree(ROOT / '.ci', tmp_path / '.ci')
    (tmp_path / 'Makefile').write_text('lint:\n\t@exit 1\ntest:\n\t@echo tested\n')
    result = run_ci(tmp_path)
    assert result.returncode != 0
    assert 'tested' not in result.stdout
