from __future__ import annotations

import os
import subprocess
import sys

import pytest

from zoo.datasets.meshes import pool, worker
from zoo.datasets.meshes.pool import run_jobs

TASK = """
import os, signal

def task(job):
    if job['what'] == 'die':
        os.kill(os.getpid(), signal.SIGKILL)
    if job['what'] == 'fail':
        raise RuntimeError('no')
    print('noise on the standard output')
    return {'name': job['name'], 'pid': os.getpid()}
"""


@pytest.fixture(autouse=True)
def task(tmp_path, monkeypatch):
    (tmp_path / 'task_of_a_test.py').write_text(TASK, encoding='utf-8')
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    return 'task_of_a_test:task'


def jobs(*what: str) -> list[dict[str, str]]:
    return [{'name': str(number), 'what': word} for number, word in enumerate(what)]


def test_few_jobs_are_done_at_once(task):
    answers = list(run_jobs(task, jobs('a', 'b'), workers=4, title='x'))
    assert answers == [{'name': name, 'pid': os.getpid()} for name in '01']
    assert not list(run_jobs(task, [], workers=4, title='x'))
    with pytest.raises(RuntimeError, match='no'):
        list(run_jobs(task, jobs('fail'), title='x'))


@pytest.fixture
def started(monkeypatch):
    """The processes that are started: the program without the package around it, whose import takes seconds."""
    made = []

    def start(task):
        command = [sys.executable, worker.__file__, task]
        made.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return made[-1]

    monkeypatch.setattr(pool, 'start_worker', start)
    return made


def test_a_process_that_dies_costs_one_job(task, started):
    answers = {answer['name']: answer for answer in pool._from_processes(task, jobs('a', 'die', 'b', 'fail'), 1)}
    assert set(answers) == {'0', '1', '2', '3'}
    assert answers['1'] == {'name': '1', 'what': 'die', 'died': 'signal 9'}
    assert answers['3']['died'] == 'exit code 1'
    assert len({answers[name]['pid'] for name in '02'} | {os.getpid()}) == 3
    assert all(process.poll() is not None for process in started)  # none is left


def test_the_work_is_shared(task, started):
    answers = list(pool._from_processes(task, jobs(*'abcdefgh'), 3))
    assert sorted(answer['name'] for answer in answers) == list('01234567')


def test_the_processes_end_with_the_one_who_listens(task, started):
    answers = pool._from_processes(task, jobs('a', 'b', 'c', 'd'), 1)
    next(answers)
    answers.close()
    assert [process.wait(timeout=60) for process in started] != []


@pytest.mark.slow
def test_a_real_process_finds_the_package(task, monkeypatch):
    monkeypatch.setattr(pool, 'FEW', 0)
    (answer,) = run_jobs(task, jobs('a'), workers=2, title='x', progress=False)
    assert answer['pid'] != os.getpid()
