from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zoo.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def main():
    """The tool's function; a process of its own takes seconds to start."""
    spec = importlib.util.spec_from_file_location('benchmark_tool', ROOT / 'tools' / 'benchmark.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def run(*arguments, **environment):
    command = [sys.executable, str(ROOT / 'tools' / 'benchmark.py'), *map(str, arguments)]
    variables = {**os.environ, 'OMP_NUM_THREADS': '1', 'ZOO_PACKS': '', **environment}
    return subprocess.run(command, capture_output=True, text=True, env=variables, cwd=ROOT)


def test_list_and_wrong_usage(tmp_path, capsys, main):
    assert main(['--list']) == 0
    listed = capsys.readouterr().out
    for name in ('--suite', 'few_shot', '--table', 'ablation_fusion', '--study', 'data_curve'):
        assert name in listed
    wrong = {
        (): 'say what to measure',
        ('--suite', 'ablation_fusion'): 'it is a table',
        ('--all', '--report', '--out', tmp_path): 'no results',
        ('--suite', 'svm', '--executor', 'slurm', '--out', tmp_path): 'slurm is not available',
        ('--suite', 'svm', '--seeds', '0'): 'must be at least 1',
    }
    for arguments, words in wrong.items():
        with pytest.raises(UsageError, match=words):
            main([str(argument) for argument in arguments])
    found = run('--suite', 'nothing')
    assert found.returncode == 2
    assert len(found.stderr.splitlines()) == 1


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp('benchmark')
    asked = ('--suite', 'svm', '--models', 'point-mae', '--profile', 'smoke', '--jobs', '1', '--out', out)
    planned = run(*asked, '--plan', ZOO_DATA=str(out))
    return out, asked, planned, run(*asked, ZOO_DATA=str(out))


def test_a_suite_alone_is_planned_run_and_reported(finished):
    out, _, planned, done = finished
    assert 'pretrain point-mae-nano, seed 0' in planned.stdout
    assert '9 of 9 jobs to do' in planned.stdout
    assert 'not present: ModelNet40' in planned.stdout
    assert done.returncode == 0, done.stderr
    assert 'point-mae-nano' in done.stdout
    assert 'substitute' in done.stdout
    records = [json.loads(path.read_text()) for path in (out / 'records').glob('*.json')]
    assert len(records) == 8
    for record in records:
        assert record['job']
        assert record['dataset']['fingerprint'] != record['dataset']['train_fingerprint'] != ''
        assert (record['weights'] == 'scratch') == (not record['pretraining']['data'])
        assert record['protocol']['voting'] == 'none'
        assert record['protocol']['epoch_selection'] == 'last'
    for ending in ('md', 'csv', 'tex', 'html'):
        assert (out / 'tables' / 'smoke' / f'svm.{ending}').is_file()
    assert (out / 'index.html').is_file()


def test_what_is_done_is_not_done_again_and_the_report_needs_no_data(finished):
    out, asked, _, done = finished
    before = (out / 'events.jsonl').read_text()
    assert '0 of 9 jobs to do' in run(*asked, '--plan', ZOO_DATA=str(out)).stdout
    # Without a cache of shapes nothing could be built here.
    told = run(*asked, '--report', ZOO_DATA=str(out), ZOO_HOME='/dev/null/nowhere')
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == done.stdout.strip()
    assert (out / 'events.jsonl').read_text() == before
