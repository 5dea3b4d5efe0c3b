"""What will be done, before anything is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from benchmarks.run.estimate import Estimator, in_words
from benchmarks.run.results import Results
from benchmarks.suites.catalog import all_suites
from benchmarks.suites.job import Job, in_order
from benchmarks.suites.table import GROUPS, TablePlan

SEED = re.compile(r', seed (\d+)$')
"""How the label of a repetition ends."""


def plan_text(tables: Sequence[TablePlan], results: Results, estimator: Estimator, workers: int) -> str:
    """Every job with its state and estimate, repetitions in one line; then what is missing, then the sum.

    Args:
        tables: tables that are asked for.
        results: folder of results.
        estimator: estimator of durations.
        workers: number of processes that share the work.
    """
    wanted = wanted_jobs(tables)
    ahead, every = in_order(wanted, results.done), in_order(wanted)
    open_keys = {job.key for job in ahead}
    groups: dict[tuple[str, str], list[Job]] = {}
    for job in every:
        error = results.failure(job.key)
        if job.key in open_keys:
            state = 'failed before' if error and not error.startswith('not run') else 'to do'
        elif results.done(job.key):
            state = 'done'
        else:
            continue  # whatever needs it is done
        groups.setdefault((state, SEED.sub('', str(job))), []).append(job)
    lines = []
    for (state, label), jobs in groups.items():
        seeds = [found.group(1) for job in jobs if (found := SEED.search(str(job)))]
        if seeds:
            label += f', seed{"s" * (len(seeds) > 1)} {" ".join(seeds)}'
        count = f'{len(jobs)} x' if len(jobs) > 1 else ''
        cost = '' if state == 'done' else in_words(sum(map(estimator.seconds, jobs)) / len(jobs))
        lines.append(f'{state:<13} {count:>5} {cost:>7}  {label}')
    missing = {title: get for table in tables for title, get in table.missing.items()}
    lines += ['', *(f'not present: {title}: {get}' for title, get in missing.items()), *([''] if missing else [])]
    left = in_words(estimator.total(ahead, workers))
    return '\n'.join([*lines, f'{len(ahead)} of {len(every)} jobs to do, about {left} with {workers} processes'])


def wanted_jobs(tables: Sequence[TablePlan]) -> list[Job]:
    """Jobs behind the figures, each once."""
    return list({key: job for table in tables for key, job in table.jobs.items()}.values())


def list_text() -> str:
    """Suites, tables and studies with one line each."""
    lines = []
    for group in GROUPS:
        entries = [entry for entry in all_suites().values() if entry.group == group]
        lines += [f'--{group}', *(f'  {entry.name:<24}{entry.about}' for entry in entries), '']
    return '\n'.join(lines)
