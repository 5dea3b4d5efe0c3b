"""A suite of jobs that take moments, for the tests of what runs them.

Run as a program, it is the harness in small: run what is to do, then print the table.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

from benchmarks.records import Record
from benchmarks.run.display import Display, State
from benchmarks.run.engines import Local
from benchmarks.run.estimate import Estimator
from benchmarks.run.executor import Executor
from benchmarks.run.results import Results
from benchmarks.suites.job import Job, Outcome, in_order, job_type

MODULE = 'tests.benchmarks.run.toy'
TRAIN, MEASURE, LOOK, FORK, FALL, FELL = (
    f'{MODULE}:{name}' for name in ('train', 'measure', 'look', 'fork', 'fall', 'fell')
)
STEPS = 4


@job_type(TRAIN)
def train(task):
    """Write a checkpoint after every step and go on from the last one."""
    task.work.mkdir(parents=True, exist_ok=True)
    state = task.work / 'state'
    for step in range(int(state.read_text()) if state.is_file() else 0, STEPS):
        time.sleep(task.settings['sleep'])
        temporary = state.with_suffix('.tmp')
        temporary.write_text(str(step + 1))
        temporary.replace(state)
    return Outcome({'weights': task.settings['seed'] * 10})


@job_type(MEASURE)
def measure(task):
    """A record from what the training returned."""
    time.sleep(task.settings['sleep'])
    record = Record(
        model=task.settings['student'],
        weights='toy',
        pretraining={},
        dataset={'name': task.settings['data']},
        protocol={'name': 'toy'},
        seed=task.settings['seed'],
        metrics={'oa': task.inputs['weights']['weights'] + len(task.settings['data'])},
        job=task.key,
    )
    return Outcome(record=record)


@job_type(LOOK)
def look(task):
    """Say where it runs."""
    time.sleep(task.settings['sleep'])
    variables = {'gpu': 'CUDA_VISIBLE_DEVICES', 'threads': 'OMP_NUM_THREADS'}
    return Outcome({'process': os.getpid(), **{name: os.environ.get(key) for name, key in variables.items()}})


@job_type(FORK)
def fork(task):
    """Have a forked process do the work, as a loader of data does."""
    helper = multiprocessing.get_context('fork').Process(target=print, args=('from the helper',))
    helper.start()
    helper.join(task.settings['patience'])
    if helper.is_alive():
        helper.kill()
        raise TimeoutError('the forked process hangs')
    return Outcome({'code': helper.exitcode})


@job_type(FALL)
def fall(task):
    """Fail, in the way that is asked for."""
    print('about to fail')
    if task.settings['how'] == 'die':
        os._exit(3)
    if task.settings['how'] == 'kill':
        os.kill(os.getpid(), signal.SIGKILL)
    raise ValueError('broken on purpose')


@job_type(FELL)
def fell(task):
    """Kill the node of Ray that it runs on, the first time."""
    if not task.work.exists():
        task.work.mkdir(parents=True)
        parent = os.getppid()
        if 'raylet' not in Path(f'/proc/{parent}/cmdline').read_text():
            raise ValueError('this is no node of Ray')
        os.kill(parent, signal.SIGKILL)
        os._exit(1)
    return Outcome()


def trainings(seeds, sleep):
    return [Job(TRAIN, {'seed': seed, 'sleep': sleep}, label=f'train {seed}') for seed in range(seeds)]


def suite(seeds=3, sleep=0.03):
    return [
        Job(MEASURE, {'student': 'toy', 'data': data, 'seed': seed, 'sleep': sleep}, {'weights': job})
        for seed, job in enumerate(trainings(seeds, sleep))
        for data in ('a', 'bb', 'ccc')
    ]


def broken(how):
    return Job(FALL, {'how': how}, label=f'break by {how}')


def execute(jobs, out, workers=1, engine=None):
    """How it went, and the lines that were shown."""
    results, shown, engine = Results(out), io.StringIO(), engine or Local(workers)
    state = State(in_order(jobs, results.done))
    Executor(state, results, engine, Display(state, engine.slots, Estimator(), shown), Estimator()).run()
    return state, shown.getvalue().splitlines()


def table(jobs, out):
    found = {result.key: result.record for result in Results(out).finished()}
    records = [found[job.key] for job in jobs]
    return [f'{record.dataset.name} {record.seed}: {record.metrics["oa"]}' for record in records]


if __name__ == '__main__':
    place = Path(sys.argv[1])
    execute(suite(), place)
    print('\n'.join(table(suite(), place)))
