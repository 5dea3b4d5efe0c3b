"""Where worker processes start: on this machine, as steps of Slurm, or as actors of Ray.

All of them run :mod:`benchmarks.run.worker` and speak the same lines, so that nothing else knows the difference. Away
from this machine the folder of results must lie where every node sees it under the same path, on a file system that
locks files between nodes (NFS 4 does, Lustre when mounted with ``flock``): locks keep a job from running twice.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from benchmarks.run.links import Link, ProcessLink
from benchmarks.suites.job import ROOT
from zoo.errors import UsageError

EXECUTORS = ('local', 'slurm', 'ray')
THREAD_VARIABLES = ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'NUMBA_NUM_THREADS')
THREADS = 1
"""Of every job, on every machine and for every number of jobs: sums over more threads have other last digits, and a
training makes other weights of them. Jobs are many, so that cores are used by --jobs."""

OPTIONS_VARIABLE = 'ZOO_SRUN'
"""Environment variable with options of ``srun``, where ``--slurm`` does not give them."""


@dataclass(frozen=True)
class Share:
    """What every worker may use.

    Attributes:
        workers: number of processes.
        gpus: names for ``CUDA_VISIBLE_DEVICES``, dealt out in turn; none computes on the CPU.
        device: ``cpu`` or ``cuda``; ``auto`` leaves it to the worker, which sees what it was given.
    """

    workers: int
    gpus: tuple[str, ...] = ()
    device: str = 'cpu'


class Launcher(Protocol):
    """Starts workers."""

    def share(self, jobs: int | None) -> Share:
        """What every worker gets.

        Args:
            jobs: number of workers; None chooses.
        """

    def start(self, place: int, share: Share, arguments: Sequence[str]) -> Link:
        """Start one.

        Args:
            place: number of the worker, from 0.
            share: of all workers.
            arguments: of :mod:`benchmarks.run.worker`.
        """


def share_of(jobs: int | None, cores: int, gpus: Sequence[str]) -> Share:
    """Deal out a machine: a worker for every GPU, or for every core where there is none.

    Args:
        jobs: number of workers; None chooses.
        cores: that may be used.
        gpus: that may be used.
    """
    workers = jobs or len(gpus) or cores
    return Share(workers, tuple(gpus), 'cuda' if gpus else 'cpu')


def machine() -> tuple[int, tuple[str, ...]]:
    """Cores and GPUs that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
    visible = os.environ.get('CUDA_VISIBLE_DEVICES')
    if visible is not None:
        return cores, tuple(name for name in visible.split(',') if name and name != '-1')
    import torch

    return cores, tuple(str(index) for index in range(torch.cuda.device_count()))


def own_variables() -> dict[str, str]:
    """Variables that every worker needs, wherever it runs: threads, and where the code lies."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get('PYTHONPATH', '')]))
    return {**dict.fromkeys(THREAD_VARIABLES, str(THREADS)), 'PYTHONPATH': path}


def worker_command(arguments: Sequence[str]) -> list[str]:
    """The command line of a worker."""
    return [sys.executable, '-m', 'benchmarks.run.worker', *arguments]


class Local:
    """Processes on this machine, which share its cores and GPUs."""

    def share(self, jobs: int | None) -> Share:
        """All cores and GPUs, dealt out."""
        return share_of(jobs, *machine())

    def start(self, place: int, share: Share, arguments: Sequence[str]) -> Link:
        """Start a process, with its GPU where there are any."""
        environment = {**os.environ, **own_variables()}
        if share.gpus:
            environment['CUDA_VISIBLE_DEVICES'] = share.gpus[place % len(share.gpus)]
        return ProcessLink(worker_command(arguments), environment)


class Slurm:
    """Steps of Slurm: every worker is an ``srun`` of its own, so that workers start as nodes become free.

    Inside an allocation (``salloc``, ``sbatch``) the steps share it; outside, each asks for an allocation.

    Args:
        options: of ``srun``, such as ``--partition=gpu --gres=gpu:1 --cpus-per-task=8 --time=8:00:00``.

    Raises:
        UsageError: no ``srun`` on the path, or options that are no shell words.
    """

    def __init__(self, options: str = '') -> None:
        if shutil.which('srun') is None:
            raise UsageError('--executor slurm needs the command srun, which is not on the path: use --executor local')
        try:
            self.options = shlex.split(options or os.environ.get(OPTIONS_VARIABLE, ''))
        except ValueError as error:
            raise UsageError(f'--slurm {options!r}: {error}') from error

    def share(self, jobs: int | None) -> Share:
        """As many steps as asked for, each with the cores of its options.

        Raises:
            UsageError: no number of workers.
        """
        if jobs is None:
            raise UsageError('--executor slurm: say with --jobs N how many processes Slurm is to start')
        return Share(jobs, device='auto')

    def start(self, place: int, share: Share, arguments: Sequence[str]) -> Link:
        """Start a step of one task, which reads and writes through ``srun``."""
        # A step inside an allocation would otherwise take all of it, and the next one wait.
        exact = ['--exact'] if 'SLURM_JOB_ID' in os.environ else []
        # Since Slurm 22.05 a step does not inherit the cores of the allocation's tasks.
        command = ['srun', '--ntasks=1', '--nodes=1', f'--cpus-per-task={THREADS}', '--unbuffered', '--quiet']
        command += ['--job-name=benchmark', '--export=ALL', *exact, *self.options]
        environment = {**os.environ, **own_variables()}
        return ProcessLink([*command, *worker_command(arguments)], environment, session=True)


def launcher_of(name: str, slurm: str = '') -> Launcher:
    """The launcher of ``--executor``.

    Args:
        name: ``local``, ``slurm`` or ``ray``.
        slurm: options of ``srun``.

    Raises:
        UsageError: it is not available here, or options of Slurm for another.
    """
    if slurm and name != 'slurm':
        raise UsageError(f'--slurm goes with --executor slurm, not with {name}')
    if name == 'slurm':
        return Slurm(slurm)
    if name == 'ray':
        from benchmarks.run.ray_actors import Ray

        return Ray()
    return Local()
