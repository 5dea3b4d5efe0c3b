"""Where jobs run: worker processes of loky (in joblib) here, tasks of Ray, batch jobs of Slurm through submitit.

An engine starts processes, places them on nodes and GPUs, and says when one has died. Away from this machine the folder
of results must lie where every node sees it under the same path, on a file system that locks files between nodes (NFS 4
does, Lustre when mounted with ``flock``): locks keep a job from running twice.
"""

from __future__ import annotations

import abc
import importlib
import os
import shlex
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from pathlib import Path
from typing import Any

from joblib import cpu_count
from joblib.externals.loky.process_executor import ProcessPoolExecutor, TerminatedWorkerError

from benchmarks.run.worker import THREADS, end_with
from benchmarks.suites.code import ROOT
from zoo.errors import UsageError

OPTIONS_VARIABLE = 'ZOO_SBATCH'
"""Environment variable with options of ``sbatch``, where ``--slurm`` does not give them."""

THREAD_VARIABLES = ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'NUMBA_NUM_THREADS')


def variables() -> dict[str, str]:
    """Variables that every worker needs, wherever it runs: threads, and where the code lies."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get('PYTHONPATH', '')]))
    return {**dict.fromkeys(THREAD_VARIABLES, str(THREADS)), 'PYTHONPATH': path}


class Engine(abc.ABC):
    """Runs functions in other processes.

    Attributes:
        slots: functions that run at the same time.
        attempts: processes that a job may cost in one run; the system ends the largest, which need not be the guilty.
    """

    slots: int
    attempts = 2

    @abc.abstractmethod
    def submit(self, slot: int, function: Callable[..., Any], *arguments: Any) -> Any:
        """Start a function.

        Args:
            slot: number of a free slot, from 0.
            function: importable function.
            arguments: picklable arguments.

        Returns:
            A future: ``result()`` returns what the function does, or raises.

        Raises:
            UsageError: the engine refuses.
        """

    def finished(self, running: Sequence[Any], seconds: float) -> Iterable[Any]:
        """Those of some futures that have come to an end; waits so long for the first."""
        if not running:
            time.sleep(seconds)
        return wait(running, seconds, FIRST_COMPLETED).done

    @abc.abstractmethod
    def death(self, error: Exception) -> str:
        """Why a process has died, from what ``result()`` raised; empty for an error of another sort."""

    @abc.abstractmethod
    def close(self) -> None:
        """End whatever still runs."""


class Local(Engine):
    """Processes on this machine. A pool of one for each slot: the death of a worker breaks its pool.

    Args:
        jobs: number of processes; None takes one for every GPU, or for every core where there is none.
    """

    def __init__(self, jobs: int | None = None) -> None:
        visible = os.environ.get('CUDA_VISIBLE_DEVICES')
        if visible is None:
            import torch

            visible = ','.join(map(str, range(torch.cuda.device_count())))
        self.gpus = tuple(name for name in visible.split(',') if name and name != '-1')
        self.slots = jobs or len(self.gpus) or cpu_count()
        self._pools: dict[int, ProcessPoolExecutor] = {}

    def submit(self, slot: int, function: Callable[..., Any], *arguments: Any) -> Any:
        """Start a function in the process of the slot, with its GPU where there are any."""
        # A worker that starts now ignores Ctrl-C, which reaches the whole group: the harness decides what it means.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return self._pools[slot].submit(function, *arguments)
        except (KeyError, TerminatedWorkerError):
            gpu = {'CUDA_VISIBLE_DEVICES': self.gpus[slot % len(self.gpus)]} if self.gpus else {}
            pool = ProcessPoolExecutor(1, initializer=end_with, initargs=(os.getpid(),), env={**variables(), **gpu})
            self._pools[slot] = pool
            return pool.submit(function, *arguments)
        finally:
            signal.signal(signal.SIGINT, before)

    def death(self, error: Exception) -> str:
        """By the exit code, which the last but one line of the error holds."""
        if not isinstance(error, TerminatedWorkerError):
            return ''
        code = str(error).partition('{')[2].partition('}')[0]
        hint = ', perhaps for want of memory: use fewer --jobs' if 'SIGKILL' in code else ''
        return f'its process ended with {code}{hint}'

    def close(self) -> None:
        """Kill all workers, and the processes that they have started."""
        for pool in self._pools.values():
            pool.shutdown(kill_workers=True)


class Ray(Engine):
    """Tasks on the cluster that ``RAY_ADDRESS`` names; without one, on a cluster of this machine alone.

    Ray itself tries the task of a process or a node that has died again.

    Args:
        jobs: number of tasks at a time; None takes one for every GPU, or for every core where there is none.

    Raises:
        UsageError: Ray is not installed, or its cluster does not answer.
    """

    attempts = 1

    def __init__(self, jobs: int | None = None) -> None:
        os.environ.setdefault('RAY_task_oom_retries', '1')  # it would be begun for ever
        self._ray = _package('ray')
        own = {name: value for name, value in os.environ.items() if name.startswith('ZOO_')}
        try:
            self._ray.init(
                ignore_reinit_error=True,
                log_to_driver=False,
                logging_level='ERROR',
                runtime_env={'env_vars': {**own, **variables()}},
            )
        except (ConnectionError, OSError, RuntimeError) as error:
            raise UsageError(f'--executor ray: the cluster does not answer: {error}') from error
        whole = self._ray.cluster_resources()
        self.slots = jobs or int(whole.get('GPU', 0)) or int(whole.get('CPU', 0)) or 1
        # A task that asks for more than there is would wait for ever.
        part = {name: min(1.0, int(1000 * whole.get(name, 0) / self.slots) / 1000) for name in ('CPU', 'GPU')}
        self._options = {'num_cpus': part['CPU'], 'num_gpus': part['GPU'], 'max_retries': 1}

    def submit(self, slot: int, function: Callable[..., Any], *arguments: Any) -> Any:
        """Start a task; Ray chooses its node and shows it its GPU."""
        return self._ray.remote(function).options(**self._options).remote(*arguments).future()

    def death(self, error: Exception) -> str:
        """The first line of what Ray says."""
        known = self._ray.exceptions
        if not isinstance(error, (known.WorkerCrashedError, known.OutOfMemoryError, known.NodeDiedError)):
            return ''
        return f'its process ended twice: {str(error).strip().splitlines()[0]}'

    def close(self) -> None:
        """Leave the cluster, which ends the tasks."""
        self._ray.shutdown()


class Slurm(Engine):
    """Batch jobs. One that runs out of its time or is preempted goes back to the queue, and goes on from where it was.

    Args:
        jobs: number of batch jobs at a time, waiting ones included.
        options: options of ``sbatch``, such as ``--partition=gpu --gres=gpu:1 --cpus-per-task=8 --time=8:00:00``.
        out: folder of results, where submitit keeps orders, answers and logs.

    Raises:
        UsageError: no Slurm, no submitit, no number of jobs, or wrong options.
    """

    def __init__(self, jobs: int | None, options: str, out: Path) -> None:
        if shutil.which('sbatch') is None or shutil.which('srun') is None:
            raise UsageError('--executor slurm needs sbatch and srun, which are not on the path: use --executor local')
        if jobs is None:
            raise UsageError('--executor slurm: say with --jobs N how many jobs Slurm may have at a time')
        self.slots, self._submitit = jobs, _package('submitit', 'slurm')
        self._jobs: list[Any] = []
        text = options or os.environ.get(OPTIONS_VARIABLE, '')
        try:
            words = [word.partition('=') for word in shlex.split(text)]
        except ValueError as error:
            raise UsageError(f'--slurm {text!r}: {error}') from error
        for name, _, _ in words:
            if not name.startswith('--'):
                raise UsageError(f'--slurm {text!r}: write {name} in its long form, --NAME=VALUE')
        given: dict[str, Any] = {name[2:]: value if equals else True for name, equals, value in words}
        if 'time' not in given:
            raise UsageError("--executor slurm: say how long a job may take, as in --slurm='--time=8:00:00'")
        self._executor = self._submitit.SlurmExecutor(out.absolute() / 'slurm')
        exports = [f'export {name}={shlex.quote(value)}' for name, value in variables().items()]
        self._executor.update_parameters(
            job_name='benchmark',
            time=minutes(given['time']),
            # Since Slurm 22.05 a step does not inherit the cores of its job.
            setup=[*exports, 'export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK'],
            additional_parameters={'cpus-per-task': THREADS, **given},
        )

    def submit(self, slot: int, function: Callable[..., Any], *arguments: Any) -> Any:
        """Queue a batch job."""
        try:
            self._jobs.append(self._executor.submit(_Requeued(function), *arguments))
        except self._submitit.core.utils.FailedJobError as error:
            raise UsageError(f'--executor slurm: sbatch refuses: {" ".join(str(error).split())}') from error
        return self._jobs[-1]

    def finished(self, running: Sequence[Any], seconds: float) -> Iterable[Any]:
        """Those whose answer lies in the folder, or of which Slurm says that they have ended."""
        time.sleep(seconds)
        return [job for job in running if job.done()]

    def death(self, error: Exception) -> str:
        """Its state in words of Slurm, such as OUT_OF_MEMORY."""
        if not isinstance(error, self._submitit.core.utils.UncompletedJobError):
            return ''
        state = str(error).partition('(state: ')[2].partition(')')[0]
        return f'its batch job ended: {state or error}'

    def close(self) -> None:
        """Cancel what is queued or runs."""
        for job in self._jobs:
            if not job.done():
                job.cancel(check=False)


class _Requeued:
    """A function that submitit may put back into the queue: jobs go on from where they were."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    def checkpoint(self, *arguments: Any) -> Any:
        """The same once more."""
        return importlib.import_module('submitit.helpers').DelayedSubmission(self, *arguments)


def minutes(text: str) -> int:
    """Minutes of a time limit: ``M``, ``M:S``, ``H:M:S``, ``D-H``, ``D-H:M`` or ``D-H:M:S``."""
    days, dash, clock = text.rpartition('-')
    try:
        parts = [int(part) for part in clock.split(':')]
        hours, minutes, *_ = [*parts, 0] if dash or len(parts) == 3 else [0, *parts]
        return 1440 * int(days or 0) + 60 * hours + minutes
    except ValueError as error:
        raise UsageError(f'--slurm: {text!r} is no time limit') from error


def _package(name: str, extra: str = '') -> Any:
    """An optional package."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"--executor {extra or name} needs {name}: pip install '.[{extra or name}]' ({error})"
        ) from error


def engine_of(name: str, jobs: int | None, slurm: str, out: Path) -> Engine:
    """The engine of ``--executor``.

    Args:
        name: ``local``, ``slurm`` or ``ray``.
        jobs: number of jobs at a time; None lets the engine choose.
        slurm: options of ``sbatch``.
        out: folder of results.

    Raises:
        UsageError: it is not available here, or options of Slurm for another.
    """
    if name == 'slurm':
        return Slurm(jobs, slurm, out)
    if slurm:
        raise UsageError(f'--slurm goes with --executor slurm, not with {name}')
    return {'local': Local, 'ray': Ray}[name](jobs)
