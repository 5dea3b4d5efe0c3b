"""How far a run is, for whoever asks from another terminal, while it runs and after it stopped."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from benchmarks.records.files import from_text, read_note, write_note
from benchmarks.run.estimate import Estimator, in_words, shared
from benchmarks.run.results import Results
from benchmarks.suites.job import Job
from zoo.errors import UsageError

NAME = 'run.json'
"""Note of the last run in a folder of results: its jobs with their estimates, and the processes that share them."""


def note_run(out: Path, jobs: Sequence[Job], workers: int, estimator: Estimator) -> None:
    """Keep what a run is going to do, in place of what the last one was."""
    planned = {job.key: {'label': str(job), 'seconds': estimator.seconds(job)} for job in jobs}
    write_note(out / NAME, {'workers': workers, 'jobs': planned})


def status_text(out: Path) -> str:
    """Jobs done, failed and running of the last run, and the time that is left.

    Args:
        out: folder of results.

    Raises:
        UsageError: nothing has run there, or its note is damaged.
    """
    try:
        run = read_note(out / NAME)
    except FileNotFoundError as error:
        raise UsageError(f'{out} holds no run: start one without --status, or name its folder by --out') from error
    except ValueError as error:
        raise UsageError(f'{out / NAME} is damaged ({error}): the command of the run writes it again') from error
    results, jobs = Results(out), run['jobs']
    finished = {result.key: result.seconds for result in results.finished() if result.key in jobs}
    failed = {key: reason for key in jobs if (reason := results.failure(key))}
    blocked = [key for key, reason in failed.items() if reason.startswith('not run')]
    ahead = [key for key in jobs if key not in finished and key not in failed]
    began: dict[str, float] = {}
    with contextlib.suppress(FileNotFoundError):
        for line in results.events.read_text('utf-8', 'replace').splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):  # a line that is being written
                event = from_text(line)
                if event['event'] == 'begin':
                    began[event['key']] = float(event['time'])
    # Who holds the lock of a job is at it; the system frees the locks of what was killed.
    running = [key for key in jobs if key not in finished and key in began and _is_held(out, key)]
    # Estimates are those of the beginning, corrected by what came of them.
    expected = sum(jobs[key]['seconds'] for key in finished)
    slower = sum(finished.values()) / expected if expected else 1.0
    seconds = {key: slower * jobs[key]['seconds'] for key in {*ahead, *running}}
    spent = {key: time.time() - began[key] for key in running}
    left = shared([max(0.0, own - spent.get(key, 0.0)) for key, own in seconds.items()], run['workers'])
    said = f'{out}: {len(finished)} of {len(jobs)} jobs done'
    if failed:
        said += f', {len(failed) - len(blocked)} failed'
    if blocked:
        said += f', {len(blocked)} wait for those and cannot run'
    said += f', {len(running)} running' if running else ', none is running'
    if seconds:
        said += f', about {in_words(left)} left with {run["workers"]} processes'
    lines = [said]
    lines += [
        f'running  {in_words(spent[key])} of about {in_words(seconds[key])}  {jobs[key]["label"]}' for key in running
    ]
    lines += [
        f'failed   {jobs[key]["label"]}: {reason} ({results.log(key)})'
        for key, reason in failed.items()
        if key not in {*blocked, *running}
    ]
    if ahead and not running:
        lines.append('stopped, or about to begin the next job: the same command goes on where it stopped')
    return '\n'.join(lines)


def _is_held(out: Path, key: str) -> bool:
    """Whether a process has claimed a job."""
    path = out / 'locks' / f'{key}.lock'
    if not path.is_file():
        return False
    try:
        with FileLock(path, blocking=False):
            return False
    except Timeout:
        return True
