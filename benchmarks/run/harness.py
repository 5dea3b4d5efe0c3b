"""From what the command line asks for to tables on disk."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.records import Plan, Store
from benchmarks.report import Table, as_markdown, page, save_table
from benchmarks.run.console import terminal_text
from benchmarks.run.curve import draw
from benchmarks.run.display import PLAIN, RED, Display, State
from benchmarks.run.engines import Engine, engine_of
from benchmarks.run.estimate import Estimator, in_words
from benchmarks.run.executor import Executor
from benchmarks.run.graph import to_do
from benchmarks.run.plan import plan_text, total_seconds, wanted_jobs
from benchmarks.run.results import Results
from benchmarks.run.tables import table_of
from benchmarks.suites.everything import SUITES, all_suites, suite_of
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.suite import Suite
from zoo.errors import UsageError
from zoo.io import sweep, write_whole

FIRST = 'leaderboard'
"""Suite whose table everybody wants to see first."""


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        suites: suites, tables and studies, in order.
        setup: profile and what the command line changes of it.
        out: folder of results.
        jobs: processes; None chooses.
        executor: ``local``, ``slurm`` or ``ray``.
        slurm: options of ``sbatch``.
    """

    suites: Sequence[Suite]
    setup: Setup
    out: Path
    jobs: int | None = None
    executor: str = 'local'
    slurm: str = ''


def select(setup: Setup, everything: bool, group: str = '', name: str = '') -> list[Suite]:
    """Suites that are asked for.

    Args:
        setup: whose profile says what ``--all`` is.
        everything: ``--all``.
        group: ``suite``, ``table`` or ``study``.
        name: in the group.

    Raises:
        UsageError: there is none of that name.
    """
    fitting = [entry for entry in all_suites().values() if entry.encoders or not setup.encoders]
    if everything:
        return [entry for entry in fitting if not setup.profile.suites or entry.name in setup.profile.suites]
    found = suite_of(group, name)
    if setup.encoders and not found.encoders:
        names = ', '.join(entry.name for entry in fitting)
        raise UsageError(f'--{group} {name} trains what it measures: encoders from elsewhere have {names}')
    return [found]


def plan(request: Request) -> str:
    """What ``--plan`` prints."""
    results = Results(request.out)
    sheets = [sheet for _, sheet in _sheets(request)]
    return plan_text(sheets, results, Estimator(results.finished()), _engine(request).slots)


def run(request: Request) -> int:
    """Do what is not done, write the tables, print them.

    Returns:
        0, or 1 where a job failed.

    Raises:
        UsageError: an executor that is not there, or nothing to measure.
    """
    begin, results = time.monotonic(), Results(request.out)
    sweep(request.out)
    engine, sheets = _engine(request), _sheets(request)
    for suite, sheet in sheets:
        profile = request.setup.profile
        planned = sheet.plan(profile.name, suite.name)
        notes = [f'Profile {profile.name}: {profile.about}.', *planned.notes]
        results.put_plan(planned.model_copy(update={'notes': notes}))
    jobs, estimator = to_do(wanted_jobs([sheet for _, sheet in sheets]), results.done), Estimator(results.finished())
    left = f', about {in_words(total_seconds(jobs, estimator, engine.slots))}' if jobs else ''
    _say(f'{len(jobs)} jobs to do with {engine.slots} processes{left}; what is done stays in {request.out}')
    display = Display(len(jobs), engine.slots, {job.key: job for job in jobs}, estimator)
    try:
        state = Executor(jobs, results, engine, display, estimator).run()
    finally:
        display.close()
    labels = {job.key: str(job) for job in jobs}
    for key, label in state.blocked.items():
        results.put_failure(key, labels[key], f'not run: needs {label}, which failed')
    show(report(request))
    _say(f'{len(state.done)} jobs done in {in_words(time.monotonic() - begin)}. {places(request)}')
    return _verdict(state, results)


def show(tables: Sequence[Table]) -> None:
    """Print tables: for eyes on a terminal, as Markdown into a pipe."""
    if sys.stdout.isatty():
        print(f'\n{terminal_text(tables, shutil.get_terminal_size().columns)}')
    else:
        print('\n\n'.join(as_markdown(table) for table in tables))
    sys.stdout.flush()


def places(request: Request) -> str:
    """Where the tables are."""
    path = _page_path(request)
    return f'Tables as md, csv, tex and html: {path.parent}; all on one page: {path}'


def report(request: Request) -> list[Table]:
    """Tables that were asked for before, from the results file alone; written in all formats.

    Raises:
        UsageError: nothing was planned.
    """
    results, folder = Results(request.out), request.out / 'tables' / request.setup.profile.name
    names, order = {suite.name for suite in request.suites}, [FIRST, *SUITES]
    kept = sorted(
        (plan for plan in results.plans(request.setup.profile.name) if plan.suite in order),
        key=lambda plan: (order.index(plan.suite), plan.name),
    )
    # Whoever asks for all of a profile gets what it had when it was measured.
    whole = names >= set(request.setup.profile.suites or SUITES)
    chosen = [plan for plan in kept if whole or plan.suite in names]
    if not chosen:
        raise UsageError(f'{request.out} holds no results of this kind and profile: run without --report first')
    tables = {plan.name: _saved(plan, results, folder) for plan in chosen}
    # The page shows all that was ever asked for, so that a suite alone does not take the others from it.
    every = [tables.get(plan.name) or table_of(plan, results) for plan in kept]
    write_whole(_page_path(request), page(f'Benchmark, profile {request.setup.profile.name}', every).encode())
    return list(tables.values())


def merge(out: Path, sources: Sequence[Path]) -> str:
    """Take results files into that of a folder.

    Args:
        out: folder of results.
        sources: results files, or folders that hold one; what ``out`` has itself stays.

    Returns:
        What it holds then, in a line.

    Raises:
        UsageError: a source holds no results, or a file in it is broken.
    """
    store = Results(out).store
    store.merge([Store.of(source) for source in sources])
    counts = f'{len(store.results)} results, {len(store.failures)} failures and {len(store.plans)} tables'
    return f'{store.path} holds {counts}'


def _saved(plan: Plan, results: Results, folder: Path) -> Table:
    """A table, written in all formats."""
    table = table_of(plan, results)
    save_table(table, folder / plan.name)
    if plan.curve:
        draw(plan, results, folder / f'{plan.name}.svg')
    return table


def _say(text: str) -> None:
    """A message for the person who waits; tables alone go to standard output."""
    print(text, file=sys.stderr, flush=True)


def _verdict(state: State, results: Results) -> int:
    """Say what failed; the exit code."""
    colour, plain = (RED, PLAIN) if sys.stderr.isatty() else ('', '')
    for key, error in state.failed.items():
        print(f'{colour}failed: {error}; see {results.log(key)}{plain}', file=sys.stderr)
    if state.blocked:
        print(f'{colour}{len(state.blocked)} jobs could not run because of this{plain}', file=sys.stderr)
    return 1 if state.failed else 0


def _engine(request: Request) -> Engine:
    """Where the jobs run."""
    return engine_of(request.executor, request.jobs, request.slurm, request.out)


def _sheets(request: Request) -> list[tuple[Suite, Sheet]]:
    """Plan all suites."""
    found = [(suite, sheet) for suite in request.suites for sheet in suite.plan(request.setup)]
    if not found:
        raise UsageError(f'--models {request.setup.pattern}: no method of what is asked for fits')
    return found


def _page_path(request: Request) -> Path:
    return request.out / 'tables' / request.setup.profile.name / 'index.html'
