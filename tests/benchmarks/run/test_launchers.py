from __future__ import annotations

import sys
import textwrap
from collections import Counter

import pytest

from benchmarks.run.launchers import launcher_of
from tests.benchmarks.run.toy import broken, execute, suite, table
from zoo.errors import UsageError

SRUN = """\
#!/bin/sh
# Notes its options and the threads it passes on, then runs the rest here, as srun does elsewhere.
while [ "${1#-}" != "$1" ]; do echo "$1" >> "$SRUN_LOG"; shift; done
echo "threads $OMP_NUM_THREADS" >> "$SRUN_LOG"
"$@"
code=$?
exit $code
"""

RAY = """\
import multiprocessing
import os

context = multiprocessing.get_context('spawn')
started = []


def init(**options):
    assert not options['log_to_driver']


def cluster_resources():
    return {'CPU': 3.0, 'GPU': 0.0}


def get(reference):
    return reference()


def kill(actor):
    actor.process.kill()


def remote(kind):
    return Kind(kind)


def live(pipe, kind, arguments):
    made = kind(*arguments)
    while True:
        name, given = pipe.recv()
        pipe.send(getattr(made, name)(*given))


class Kind:
    def __init__(self, kind):
        self.kind = kind

    def options(self, **options):
        started.append(options)
        return self

    def remote(self, *arguments):
        os.environ.update(started[-1]['runtime_env']['env_vars'])
        return Actor(self.kind, arguments)


class Actor:
    def __init__(self, kind, arguments):
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=live, args=(other, kind, arguments), daemon=True)
        self.process.start()
        other.close()

    def __getattr__(self, name):
        if name not in ('ready', 'serve'):
            raise AttributeError(name)
        return Method(self.pipe, name)


class Method:
    def __init__(self, pipe, name):
        self.pipe, self.name = pipe, name

    def remote(self, *given):
        self.pipe.send((self.name, given))

        def wait():
            try:
                return self.pipe.recv()
            except EOFError as error:
                raise RuntimeError('The actor died.\\n\\tclass_name: Server') from error

        return wait
"""


@pytest.fixture
def srun(tmp_path, monkeypatch):
    """A fake ``srun`` on the path; its log."""
    place = tmp_path / 'bin' / 'srun'
    place.parent.mkdir()
    place.write_text(SRUN)
    place.chmod(0o755)
    monkeypatch.setenv('PATH', f'{place.parent}:/usr/bin:/bin')
    monkeypatch.setenv('SRUN_LOG', str(tmp_path / 'srun.log'))
    for name in ('ZOO_SRUN', 'SLURM_JOB_ID'):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / 'srun.log'


def test_workers_run_as_steps_of_slurm(tmp_path, srun):
    launcher = launcher_of('slurm', '--partition=gpu --cpus-per-task=3 --time=8:00:00')
    state, _ = execute(suite(seeds=1), tmp_path / 'out', 2, launcher)
    assert len(state.done) == 4
    assert len(table(suite(seeds=1), tmp_path / 'out')) == 3
    told = Counter(srun.read_text().splitlines())
    for option in ('--ntasks=1', '--cpus-per-task=3', '--partition=gpu', '--time=8:00:00', 'threads 1'):
        assert told[option] >= 2, option
    assert not told['--exact']


def test_a_step_that_is_killed_is_a_failure_with_its_signal(tmp_path, srun):
    state, watcher = execute([broken('kill')], tmp_path / 'out', 1, launcher_of('slurm'))
    assert 'signal 9' in next(iter(state.failed.values()))
    assert ('break by kill', 'lost') in watcher.lines


def test_options_of_slurm_come_from_the_environment_too_and_steps_share_an_allocation(tmp_path, srun, monkeypatch):
    monkeypatch.setenv('ZOO_SRUN', '--mem=4G')
    monkeypatch.setenv('SLURM_JOB_ID', '7')
    execute([broken('raise')], tmp_path / 'out', 1, launcher_of('slurm'))
    assert {'--mem=4G', '--exact'} <= set(srun.read_text().splitlines())


def test_a_step_that_slurm_refuses_ends_the_run_with_one_line(tmp_path, srun):
    (tmp_path / 'bin' / 'srun').write_text('#!/bin/sh\nexit 1\n')
    with pytest.raises(UsageError, match='cannot start: its process ended with 1'):
        execute(suite(seeds=1), tmp_path / 'out', 1, launcher_of('slurm'))


def test_wrong_use_of_slurm(srun):
    with pytest.raises(UsageError, match='No closing quotation'):
        launcher_of('slurm', '"')
    with pytest.raises(UsageError, match='--jobs N'):
        launcher_of('slurm').share(None)
    with pytest.raises(UsageError, match='goes with --executor slurm'):
        launcher_of('local', '--mem=1G')


def test_without_slurm_or_ray_the_message_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(UsageError, match='srun, which is not on the path'):
        launcher_of('slurm')
    monkeypatch.setitem(sys.modules, 'ray', None)
    with pytest.raises(UsageError, match='pip install ray'):
        launcher_of('ray')


def test_workers_run_as_actors_of_ray(tmp_path, monkeypatch):
    (tmp_path / 'ray.py').write_text(textwrap.dedent(RAY))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, 'ray', raising=False)
    launcher = launcher_of('ray')
    try:
        assert launcher.share(None).workers == 3
        bad = broken('die')
        state, watcher = execute([bad, *suite(seeds=1)], tmp_path / 'out', 2, launcher)
        assert len(state.done) == 4
        assert state.failed == {bad.key: 'its actor ended: The actor died.'}
        assert (str(bad), 'lost') in watcher.lines
        given = launcher.ray.started[0]
        assert (given['num_cpus'], given['num_gpus'], given['max_restarts']) == (1.0, 0.0, 0)
        assert given['runtime_env']['env_vars']['OMP_NUM_THREADS'] == '1'
    finally:
        sys.modules.pop('ray', None)
