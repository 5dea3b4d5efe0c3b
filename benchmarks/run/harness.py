"""From what the command line asks for to tables on disk."""

from __future__ import annotations

import contextlib
import functools
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.records import Store
from benchmarks.report import Table, as_markdown, page, save_table
from benchmarks.run.console import terminal_text
from benchmarks.run.curve import draw
from benchmarks.run.display import PLAIN, RED, Display, State
from benchmarks.run.engines import engine_of
from benchmarks.run.estimate import Estimator, in_words
from benchmarks.run.executor import Executor
from benchmarks.run.plan import plan_text, wanted_jobs
from benchmarks.run.results import Results
from benchmarks.run.status import note_run
from benchmarks.run.tables import table_of
from benchmarks.suites.catalog import all_suites, find_suite
from benchmarks.suites.job import in_order
from benchmarks.suites.planner import Planner
from benchmarks.suites.table import Suite, TablePlan
from zoo.errors import UsageError
from zoo.io import sweep, write_whole

FIRST = 'leaderboard'
"""Suite whose table everybody wants to see first."""


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        suites: suites, tables and studies, in order.
        planner: profile and what the command line changes of it.
        out: folder of results.
        jobs: number of processes; None chooses.
        executor: ``local``, ``slurm`` or ``ray``.
        slurm: options of ``sbatch``.
        any_commit: whether results of other code count.
    """

    suites: Sequence[Suite]
    planner: Planner
    out: Path
    jobs: int | None = None
    executor: str = 'local'
    slurm: str = ''
    any_commit: bool = False

    @property
    def profile(self) -> str:
        """Name of the profile."""
        return self.planner.profile.name

    @property
    def folder(self) -> Path:
        """Folder of the tables."""
        return self.out / 'tables' / self.profile

    def tables(self) -> list[TablePlan]:
        """Plan all suites.

        Raises:
            UsageError: nothing of what is asked for fits.
        """
        about, found = f'Profile {self.profile}: {self.planner.profile.about}.', []
        for suite in self.suites:
            for table in suite.plan(self.planner):
                more = {'profile': self.profile, 'suite': suite.name, 'notes': [about, *table.notes]}
                found.append(table.model_copy(update=more))
        if not found:
            raise UsageError(f'--models {self.planner.pattern}: no method of what is asked for fits')
        return found


def select(planner: Planner, group: str = '', name: str = '') -> list[Suite]:
    """Suites that are asked for.

    Args:
        planner: planner whose profile says what ``--all`` is.
        group: ``suite``, ``table`` or ``study``; empty for all.
        name: name in the group.

    Raises:
        UsageError: there is none of that name.
    """
    fitting = [entry for entry in all_suites().values() if entry.encoders or not planner.encoders]
    if not group:
        return [entry for entry in fitting if planner.profile.runs(entry.name)]
    found = find_suite(group, name)
    if planner.encoders and not found.encoders:
        names = ', '.join(entry.name for entry in fitting)
        raise UsageError(f'--{group} {name} trains what it measures: encoders from elsewhere have {names}')
    return [found]


def plan(request: Request) -> str:
    """What ``--plan`` prints."""
    results, engine = Results(request.out), engine_of(request.executor, request.jobs, request.slurm, request.out)
    tables = request.tables()
    if request.any_commit:
        results.take_over(wanted_jobs(tables))
    return plan_text(tables, results, Estimator(results.finished()), engine.slots)


def run(request: Request) -> int:
    """Do what is not done, write the tables, print them; all else that is said goes to standard error.

    Returns:
        0, or 1 where a job failed.

    Raises:
        UsageError: an executor that is not there, or nothing to measure.
    """
    begin, results = time.monotonic(), Results(request.out)
    say = functools.partial(print, file=sys.stderr, flush=True)
    sweep(request.out)
    engine, tables = engine_of(request.executor, request.jobs, request.slurm, request.out), request.tables()
    for table in tables:
        results.store.put(table.stored())
    wanted = wanted_jobs(tables)
    if request.any_commit and (taken := results.take_over(wanted)):
        for result in taken:
            results.store.add(result)
        say(f'{len(taken)} results of other code count as done; tables name the commits')
    jobs, estimator = in_order(wanted, results.done), Estimator(results.finished())
    left = f', about {in_words(estimator.total(jobs, engine.slots))}' if jobs else ''
    say(f'{len(jobs)} jobs to do with {engine.slots} processes{left}; what is done stays in {request.out}')
    note_run(request.out, jobs, engine.slots, estimator)
    state = State(jobs)
    with contextlib.closing(Display(state, engine.slots, estimator)) as display:
        Executor(state, results, engine, display, estimator).run()
    show(report(request))
    say(f'{len(state.done)} jobs done in {in_words(time.monotonic() - begin)}. {places(request)}')
    color, plain = (RED, PLAIN) if sys.stderr.isatty() else ('', '')
    for key, error in state.failed.items():
        say(f'{color}failed: {error}; see {results.log(key)}{plain}')
    if state.blocked:
        say(f'{color}{len(state.blocked)} jobs could not run because of this{plain}')
    return 1 if state.failed else 0


def show(tables: Sequence[Table]) -> None:
    """Print tables: for eyes on a terminal, as Markdown into a pipe."""
    if sys.stdout.isatty():
        print(f'\n{terminal_text(tables, shutil.get_terminal_size().columns)}')
    else:
        print('\n\n'.join(as_markdown(table) for table in tables))
    sys.stdout.flush()


def places(request: Request) -> str:
    """Where the tables are."""
    return f'Tables as md, csv, tex and html: {request.folder}; all on one page: {request.folder / "index.html"}'


def report(request: Request) -> list[Table]:
    """Tables that were asked for before, from the results file alone; written in all formats.

    Raises:
        UsageError: nothing was planned.
    """
    results, suites = Results(request.out), all_suites()
    results.store.refresh()
    names, order = {suite.name for suite in request.suites}, [FIRST, *suites]
    # Whoever asks for all of a profile gets what it had when it was measured.
    whole = names >= set(request.planner.profile.suites or suites)
    kept = [plan for plan in results.store.plans.values() if plan.profile == request.profile and plan.suite in order]
    if not any(whole or plan.suite in names for plan in kept):
        raise UsageError(f'{request.out} holds no results of this kind and profile: run without --report first')
    chosen, every = [], []
    # The page shows all that was ever asked for, so that a suite alone does not take the others from it.
    for plan in sorted(kept, key=lambda plan: (order.index(plan.suite), plan.name)):
        every.append(table_of(plan, results))
        if whole or plan.suite in names:
            chosen.append(every[-1])
            save_table(every[-1], request.folder / plan.name)
            if plan.curve:
                draw(plan, results, request.folder / f'{plan.name}.svg')
    write_whole(request.folder / 'index.html', page(f'Benchmark, profile {request.profile}', every))
    return chosen


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
