"""What will be done, before anything is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from benchmarks.run.estimate import Estimator, in_words
from benchmarks.run.graph import all_jobs, longest_ways, to_do
from benchmarks.run.results import Results
from benchmarks.suites.everything import all_suites
from benchmarks.suites.job import Job
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.suite import GROUPS

SEED = re.compile(r', seed (\d+)$')
"""How the label of a repetition ends."""


def plan_text(sheets: Sequence[Sheet], results: Results, estimator: Estimator, workers: int) -> str:
    """Every job with its state and estimate, repetitions in one line; then what is missing, then the sum.

    Args:
        sheets: that are asked for.
        results: folder of results.
        estimator: of durations.
        workers: processes that share the work.
    """
    wanted = wanted_jobs(sheets)
    ahead = to_do(wanted, results.done)
    open_keys = {job.key for job in ahead}
    groups: dict[tuple[str, str], list[Job]] = {}
    for job in all_jobs(wanted):
        if job.key in open_keys:
            error = results.failure(job.key)
            state = 'failed before' if error and not error.startswith('not run') else 'to do'
        elif results.done(job.key):
            state = 'done'
        else:
            continue  # whatever needs it is done
        groups.setdefault((state, SEED.sub('', str(job))), []).append(job)
    lines = [_line(state, jobs, estimator) for (state, _), jobs in groups.items()]
    lines += ['', *_missing(sheets)]
    left = in_words(total_seconds(ahead, estimator, workers))
    lines.append(f'{len(ahead)} of {len(all_jobs(wanted))} jobs to do, about {left} with {workers} processes')
    return '\n'.join(lines)


def _line(state: str, jobs: Sequence[Job], estimator: Estimator) -> str:
    """Jobs that differ in nothing but their seed."""
    label = str(jobs[0])
    if len(jobs) > 1:
        seeds = [found.group(1) for job in jobs if (found := SEED.search(str(job)))]
        label = SEED.sub('', label) + (f', seeds {" ".join(seeds)}' if seeds else '')
    count = f'{len(jobs)} x' if len(jobs) > 1 else ''
    cost = '' if state == 'done' else in_words(sum(map(estimator.seconds, jobs)) / len(jobs))
    return f'{state:<13} {count:>5} {cost:>7}  {label}'


def wanted_jobs(sheets: Iterable[Sheet]) -> list[Job]:
    """Jobs behind the figures, each once."""
    return list({figure.job.key: figure.job for sheet in sheets for figure in sheet.figures}.values())


def total_seconds(jobs: Sequence[Job], estimator: Estimator, workers: int) -> float:
    """Estimate of a run: the work shared out, but never less than the longest way."""
    ways = longest_ways(list(jobs), estimator.seconds)
    return max([sum(map(estimator.seconds, jobs)) / workers, *ways.values()]) if jobs else 0.0


def _missing(sheets: Sequence[Sheet]) -> list[str]:
    """Data that is not there, each once."""
    found: dict[str, str] = {}
    for sheet in sheets:
        found |= sheet.missing
    return [f'not present: {title}: {get}' for title, get in found.items()] + ([''] if found else [])


def list_text() -> str:
    """Suites, tables and studies with one line each."""
    lines = []
    for group in GROUPS:
        entries = [entry for entry in all_suites().values() if entry.group == group]
        lines += [f'--{group}', *(f'  {entry.name:<24}{entry.about}' for entry in entries), '']
    return '\n'.join(lines)
