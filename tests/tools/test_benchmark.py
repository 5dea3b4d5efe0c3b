from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from safetensors.torch import load_file

from benchmarks.run.results import Results
from tests.shared import ROOT

pytestmark = pytest.mark.slow

ASKED = ('--suite', 'few_shot', '--models', 'point-mae', '--profile', 'smoke', '--jobs', '1')
"""A pretraining and six measurements, a second each."""


def command(*arguments):
    return [sys.executable, str(ROOT / 'tools' / 'benchmark.py'), *map(str, arguments)]


def variables(out, **others):
    """No data but what is built in."""
    return {**os.environ, 'OMP_NUM_THREADS': '1', 'ZOO_PACKS': '', 'ZOO_DATA': str(out), **others}


def run(*arguments, out='', **environment):
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, env=variables(out, **environment), cwd=ROOT
    )


def test_list(tool):
    code, listed, _ = tool('--list')
    assert code == 0
    for name in ('--suite', 'few_shot', '--table', 'ablation_fusion', '--study', 'data_curve'):
        assert name in listed


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        ('', 'say what to measure'),
        ('--suite nothing', 'nothing'),
        ('--suite ablation_fusion', 'it is a table'),
        ('--all --report --out out', 'no results'),
        ('--report --site out --out out', 'no results'),
        ('--status --out out', 'holds no run'),
        ('--all --site out', 'goes with --report'),
        ('--suite svm --executor slurm --jobs 1 --out out', 'srun, which are not on the path'),
        ('--suite svm --slurm=--mem=1G --out out', 'goes with --executor slurm'),
        ('--suite svm --seeds 0', 'must be at least 1'),
    ],
)
def test_wrong_usage(tool, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('PATH', str(tmp_path))
    code, _, errors = tool(*arguments.split())
    assert code == 2
    assert words in errors


def test_a_plan(tool, tmp_path, monkeypatch):
    monkeypatch.setenv('ZOO_PACKS', '')
    _, planned, _ = tool(*ASKED, '--out', tmp_path, '--plan')
    assert 'pretrain point-mae-nano, seed 0' in planned
    assert '7 of 7 jobs to do' in planned
    assert 'not present: ModelNet40' in planned


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
    """Folder of an undisturbed run, and the process."""
    out = tmp_path_factory.mktemp('benchmark')
    return out, run(*ASKED, '--out', out, out=out)


def test_a_suite_alone_is_run_and_reported(finished):
    out, done = finished
    assert done.returncode == 0, done.stderr
    assert 'point-mae-nano' in done.stdout
    assert 'substitute' in done.stdout
    told = done.stderr.splitlines()
    assert told[0].startswith('7 jobs to do with 1 processes, about')
    assert told[-1].startswith('7 jobs done in')
    records = [result.record for result in Results(out).finished() if result.record]
    assert len(records) == 6
    for record in records:
        assert record.job
        assert record.dataset.fingerprint != record.dataset.train_fingerprint != ''
        assert (record.weights == 'scratch') == (not record.pretraining.data)
        assert record.protocol.voting == 'none'
        assert record.protocol.epoch_selection == 'last'
    folder = out / 'tables' / 'smoke'
    assert str(folder) in told[-1]
    for ending in ('md', 'csv', 'tex', 'html'):
        assert (folder / f'few_shot_procedural-cad.{ending}').is_file()
    assert 'point-mae-nano' in (folder / 'index.html').read_text()


def test_what_is_done_is_not_done_again_and_the_report_needs_no_data(finished, tool, monkeypatch):
    out, done = finished
    before = (out / 'events.jsonl').read_text()
    monkeypatch.setenv('ZOO_DATA', str(out))
    monkeypatch.setenv('ZOO_PACKS', '')
    assert '0 of 7 jobs to do' in tool(*ASKED, '--out', out, '--plan')[1]
    # Without a cache of shapes nothing could be built here.
    monkeypatch.setenv('ZOO_HOME', '/dev/null/nowhere')
    assert tool(*ASKED, '--out', out, '--report')[1].strip() == done.stdout.strip()
    assert (out / 'events.jsonl').read_text() == before


def test_the_number_of_processes_and_threads_moves_no_figure(tmp_path, finished):
    done = run(*ASKED[:-1], '2', '--out', tmp_path, out=finished[0], OMP_NUM_THREADS='2')
    assert done.returncode == 0, done.stderr
    assert tables(tmp_path) == tables(finished[0])
    for path in (paths := sorted(tmp_path.glob('runs/*/weights.safetensors'))):
        ours, theirs = load_file(path), load_file(finished[0] / path.relative_to(tmp_path))
        assert all(ours[name].equal(theirs[name]) for name in theirs)
    assert paths


def tables(out):
    """Content of every file of tables."""
    folder = out / 'tables' / 'smoke'
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def events(out):
    path = out / 'events.jsonl'
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def test_interrupted_it_goes_on_where_it_stopped(tmp_path, finished, tool, monkeypatch):
    """By Ctrl-C, which comes to all its processes; tests/benchmarks/run kills them in every other way."""
    process = subprocess.Popen(
        command(*ASKED, '--out', tmp_path), env=variables(finished[0]), cwd=ROOT, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + 300
    while sum(event['event'] == 'begin' for event in events(tmp_path)) < 3 and time.monotonic() < until:
        time.sleep(0.02)  # where it begins the third, it has finished two
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=300)
    assert process.returncode == 130
    assert told.splitlines()[-1].startswith('interrupted; the same command goes on where it stopped')
    assert 'Traceback' not in told
    before, done = len(events(tmp_path)), {result.key for result in Results(tmp_path).finished()}
    assert 2 <= len(done) < 7
    monkeypatch.setenv('ZOO_DATA', str(finished[0]))
    monkeypatch.setenv('ZOO_PACKS', '')
    assert tool(*ASKED, '--out', tmp_path)[0] == 0
    assert tables(tmp_path) == tables(finished[0])
    assert not done & {event['key'] for event in events(tmp_path)[before:] if event['event'] == 'begin'}


def test_a_job_that_fails_is_one_row_with_its_log_the_rest_goes_on_and_it_is_tried_again(
    tmp_path, finished, tool, monkeypatch
):
    monkeypatch.setenv('ZOO_DATA', str(finished[0]))
    monkeypatch.setenv('ZOO_PACKS', '')
    key = next(job.key for job in Results(finished[0]).finished() if job.label == 'pretrain point-mae-nano, seed 0')
    (tmp_path / 'runs').mkdir()
    obstacle = tmp_path / 'runs' / key
    obstacle.write_text('no folder')
    code, printed, errors = tool(*ASKED, '--out', tmp_path)
    assert code == 1
    assert f'logs/{key}.log' in errors
    assert '2 jobs could not run because of this' in errors
    assert 'Traceback' in (tmp_path / 'logs' / f'{key}.log').read_text()
    row = next(line for line in printed.splitlines() if line.startswith('| point-mae-nano '))
    assert 'not run' in row
    assert '(1 seed)' in next(line for line in printed.splitlines() if line.startswith('| from scratch '))
    assert len(list(Results(tmp_path).finished())) == 4
    assert 'failed before' in tool(*ASKED, '--out', tmp_path, '--plan')[1]
    obstacle.unlink()
    assert tool(*ASKED, '--out', tmp_path)[0] == 0
    assert tables(tmp_path) == tables(finished[0])
