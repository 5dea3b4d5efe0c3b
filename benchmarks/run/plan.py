"""What will be done, before anything is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.run.estimate import Estimator, in_words
from benchmarks.run.graph import all_jobs, longest_ways, to_do
from benchmarks.run.results import Results
from benchmarks.suites.everything import SUITES
from benchmarks.suites.job import Job
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.suite import GROUPS


def plan_text(sheets: Sequence[Sheet], results: Results, estimator: Estimator, workers: int) -> str:
    """Every job with its state and estimate, then what is missing, then the sum.

    Args:
        sheets: that are asked for.
        results: folder of results.
        estimator: of durations.
        workers: processes that share the work.
    """
    wanted = wanted_jobs(sheets)
    ahead = to_do(wanted, results.done)
    open_keys = {job.key for job in ahead}
    lines = []
    for job in all_jobs(wanted):
        if job.key in open_keys:
            why = ' (failed before, tried again)' if results.failure(job.key) else ''
            lines.append(f'to do  {in_words(estimator.seconds(job)):>7}  {job}{why}')
        elif results.done(job.key):
            lines.append(f'done            {job}')
    lines += ['', *_missing(sheets)]
    left = in_words(total_seconds(ahead, estimator, workers))
    lines.append(f'{len(ahead)} of {len(all_jobs(wanted))} jobs to do, about {left} with {workers} processes')
    return '\n'.join(lines)


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
        entries = [entry for entry in SUITES.values() if entry.group == group]
        lines += [f'--{group}', *(f'  {entry.name:<24}{entry.about}' for entry in entries), '']
    return '\n'.join(lines)
