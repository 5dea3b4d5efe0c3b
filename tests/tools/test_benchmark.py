from __future__ import annotations

import contextlib
import functools
import io
import itertools
import json
import os
import random
import runpy
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from safetensors.torch import load_file

from benchmarks.run.results import Results
from zoo.errors import UsageError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def tool():
    """The tool's function; a process of its own takes seconds to start."""
    return runpy.run_path(str(ROOT / 'tools' / 'benchmark.py'))['main']


@pytest.fixture
def main():
    return tool()


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


def test_list_and_wrong_usage(tmp_path, capsys, main, monkeypatch):
    monkeypatch.setenv('PATH', str(tmp_path))
    assert main(['--list']) == 0
    listed = capsys.readouterr().out
    for name in ('--suite', 'few_shot', '--table', 'ablation_fusion', '--study', 'data_curve'):
        assert name in listed
    wrong = {
        (): 'say what to measure',
        ('--suite', 'ablation_fusion'): 'it is a table',
        ('--all', '--report', '--out', tmp_path): 'no results',
        ('--report', '--site', tmp_path, '--out', tmp_path): 'no results',
        ('--status', '--out', tmp_path): 'holds no run',
        ('--all', '--site', tmp_path): 'goes with --report',
        ('--suite', 'svm', '--executor', 'slurm', '--jobs', '1', '--out', tmp_path): 'srun, which are not on the path',
        ('--suite', 'svm', '--slurm=--mem=1G', '--out', tmp_path): 'goes with --executor slurm',
        ('--suite', 'svm', '--seeds', '0'): 'must be at least 1',
    }
    for arguments, words in wrong.items():
        with pytest.raises(UsageError, match=words):
            main([str(argument) for argument in arguments])
    monkeypatch.undo()
    found = run('--suite', 'nothing')
    assert found.returncode == 2
    assert len(found.stderr.splitlines()) == 1


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
    """Folder of an undisturbed run, what was planned before, and the process."""
    out, planned = tmp_path_factory.mktemp('benchmark'), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(planned):
        patch.setenv('ZOO_DATA', str(out))
        patch.setenv('ZOO_PACKS', '')
        tool()([*ASKED, '--out', str(out), '--plan'])
    return out, planned.getvalue(), run(*ASKED, '--out', out, out=out)


def test_a_suite_alone_is_planned_run_and_reported(finished):
    out, planned, done = finished
    assert 'pretrain point-mae-nano, seed 0' in planned
    assert '7 of 7 jobs to do' in planned
    assert 'not present: ModelNet40' in planned
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


def test_what_is_done_is_not_done_again_and_the_report_needs_no_data(finished, main, capsys, monkeypatch):
    out, _, done = finished
    before = (out / 'events.jsonl').read_text()
    monkeypatch.setenv('ZOO_DATA', str(out))
    monkeypatch.setenv('ZOO_PACKS', '')
    arguments = [*ASKED, '--out', str(out)]
    assert main([*arguments, '--plan']) == 0
    assert '0 of 7 jobs to do' in capsys.readouterr().out
    # Without a cache of shapes nothing could be built here.
    monkeypatch.setenv('ZOO_HOME', '/dev/null/nowhere')
    assert main([*arguments, '--report']) == 0
    assert capsys.readouterr().out.strip() == done.stdout.strip()
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


def wait_for(condition, *arguments):
    """Whether it came true in time."""
    deadline = time.monotonic() + 300
    while not condition(*arguments) and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition(*arguments)


def begun(out):
    return sum(event['event'] == 'begin' for event in events(out))


def at_work(process, out, number):
    """It has begun so many jobs, or has come to its end."""
    return process.poll() is not None or begun(out) >= number


def gone(process):
    return not family(process)


def family(process):
    """Living processes that the harness has started, as (number, group)."""
    found = subprocess.run(['ps', '-e', '-o', 'pid=,ppid=,pgid=,stat='], capture_output=True, text=True).stdout
    rows = [line.split() for line in found.splitlines()]
    return [(int(pid), int(group)) for pid, _, group, state in rows if int(group) == process.pid and state[0] != 'Z']


def disturb(process, how):
    """End the whole group, the harness alone, or its worker; or press Ctrl-C."""
    if how in ('group', 'interrupt'):
        os.killpg(process.pid, signal.SIGKILL if how == 'group' else signal.SIGINT)
    elif how == 'harness':
        process.kill()
    else:
        for pid, _ in family(process):
            if pid != process.pid:
                os.kill(pid, signal.SIGKILL)
    return how == 'worker'


@pytest.mark.slow
def test_killed_five_times_at_random_the_tables_are_the_same_and_nothing_done_ran_again(tmp_path, finished):
    generator = random.Random(11)
    kills = ['worker', 'worker', 'group', 'group', 'harness']
    while ('worker', 'worker') in itertools.pairwise(kills):  # of one job would make it a failed one
        generator.shuffle(kills)
    plan = ['interrupt', *kills]
    start = functools.partial(
        subprocess.Popen, command(*ASKED, '--out', tmp_path), env=variables(finished[0]), cwd=ROOT, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    process, known, hits = None, [], 0
    for place, how in enumerate(plan):
        process = process or start()
        if how == 'group' and place % 2:  # hit while it starts
            time.sleep(generator.uniform(0.0, 3.0))
        else:
            # Where it begins two, it has finished one.
            assert wait_for(at_work, process, tmp_path, begun(tmp_path) + (2 if place in (2, 3) else 1))
            time.sleep(generator.uniform(0.0, 0.25))
        known.append(({result.key for result in Results(tmp_path).finished()}, len(events(tmp_path))))
        if process.poll() is not None:
            break  # a fast machine
        hits += 1
        if disturb(process, how):
            continue
        _, told = process.communicate(timeout=300)
        assert wait_for(gone, process), 'workers end with the harness'
        if how == 'interrupt':
            assert process.returncode == 130
            assert told.splitlines()[-1].startswith('interrupted; the same command goes on where it stopped')
            assert 'Traceback' not in told
        process = None
    if process is None or process.wait(timeout=300):
        process = start()
        assert process.wait(timeout=300) == 0, process.stderr.read()
    assert hits >= 5
    assert known[-1][0], 'some jobs were finished before the last disturbance'
    assert tables(tmp_path) == tables(finished[0])
    seen = events(tmp_path)
    for done, position in known:
        assert not [event for event in seen[position:] if event['event'] == 'begin' and event['key'] in done]
    ended = Counter(event['key'] for event in seen if event['event'] == 'end')
    assert set(ended.values()) == {1}
    assert len(list(Results(tmp_path).finished())) == 7


def test_a_job_that_fails_is_one_row_with_its_log_the_rest_goes_on_and_it_is_tried_again(
    tmp_path, finished, main, capsys, monkeypatch
):
    monkeypatch.setenv('ZOO_DATA', str(finished[0]))
    monkeypatch.setenv('ZOO_PACKS', '')
    key = next(job.key for job in Results(finished[0]).finished() if job.label == 'pretrain point-mae-nano, seed 0')
    (tmp_path / 'runs').mkdir()
    obstacle = tmp_path / 'runs' / key
    obstacle.write_text('no folder')
    arguments = [*ASKED, '--out', str(tmp_path)]
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert f'logs/{key}.log' in printed.err
    assert '2 jobs could not run because of this' in printed.err
    assert 'Traceback' in (tmp_path / 'logs' / f'{key}.log').read_text()
    row = next(line for line in printed.out.splitlines() if line.startswith('| point-mae-nano '))
    assert 'not run' in row
    assert '(1 seed)' in next(line for line in printed.out.splitlines() if line.startswith('| from scratch '))
    assert len(list(Results(tmp_path).finished())) == 4
    assert main([*arguments, '--plan']) == 0
    assert 'failed before' in capsys.readouterr().out
    obstacle.unlink()
    assert main(arguments) == 0
    assert tables(tmp_path) == tables(finished[0])
