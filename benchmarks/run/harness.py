"""From what the command line asks for to tables on disk."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.records.files import from_text, to_text, write_whole
from benchmarks.report import Table
from benchmarks.report.as_html import page
from benchmarks.run.curve import draw
from benchmarks.run.display import PLAIN, RED, Display
from benchmarks.run.estimate import Estimator
from benchmarks.run.executor import Executor, State
from benchmarks.run.graph import to_do
from benchmarks.run.plan import plan_text, wanted_jobs
from benchmarks.run.pool import Share, machine, share_of
from benchmarks.run.results import Results
from benchmarks.run.tables import table_of
from benchmarks.suites.everything import SUITES
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.suite import Suite, find
from zoo.errors import UsageError

EXECUTORS = ('local', 'ray', 'slurm')


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        suites: suites, tables and studies, in order.
        setup: profile and what the command line changes of it.
        out: folder of results.
        jobs: processes; None chooses.
        executor: ``local``; the others are not there yet.
    """

    suites: Sequence[Suite]
    setup: Setup
    out: Path
    jobs: int | None = None
    executor: str = 'local'


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
    if not everything:
        return [find(group, name)]
    return [entry for entry in SUITES.values() if not setup.profile.suites or entry.name in setup.profile.suites]


def plan(request: Request) -> str:
    """What ``--plan`` prints."""
    results = Results(request.out)
    sheets = [sheet for _, sheet in _sheets(request)]
    return plan_text(sheets, results, Estimator(results.finished()), _share(request).workers)


def run(request: Request) -> int:
    """Do what is not done, write the tables, print them.

    Returns:
        0, or 1 where a job failed.

    Raises:
        UsageError: an executor that is not there, or nothing to measure.
    """
    if request.executor != 'local':
        raise UsageError(f'--executor {request.executor} is not available here: use --executor local, with --jobs N')
    results = Results(request.out)
    sheets = _sheets(request)
    for suite, sheet in sheets:
        write_whole(_sheet_path(request, sheet.name), to_text({**sheet.to_json(), 'suite': suite.name}).encode())
    state = _execute(request, [sheet for _, sheet in sheets], results)
    for table in report(request):
        print(f'\n{table.markdown()}')
    return _verdict(state, results)


def _execute(request: Request, sheets: Sequence[Sheet], results: Results) -> State:
    """Run the jobs."""
    jobs = to_do(wanted_jobs(sheets), results.done)
    share, estimator = _share(request), Estimator(results.finished())
    display = Display(len(jobs), share.workers, {job.key: job for job in jobs}, estimator)
    try:
        state = Executor(jobs, results, share, display, estimator).run()
    finally:
        display.close()
    for key, label in state.blocked.items():
        job = next(job for job in jobs if job.key == key)
        results.put_failure(key, str(job), f'not run: needs {label}, which failed')
    return state


def report(request: Request) -> list[Table]:
    """Tables of the sheets that were planned before, from records alone; written in all formats.

    Raises:
        UsageError: nothing was planned.
    """
    results, folder = Results(request.out), request.out / 'tables' / request.setup.profile.name
    names = {suite.name for suite in request.suites}
    kept = [
        from_text(path.read_text(encoding='utf-8')) for path in sorted(_sheet_path(request, '*').parent.glob('*.json'))
    ]
    order = list(SUITES)
    chosen = sorted((sheet for sheet in kept if sheet['suite'] in names), key=lambda sheet: order.index(sheet['suite']))
    if not chosen:
        raise UsageError(f'{request.out} holds no results of this kind and profile: run without --report first')
    tables = []
    for sheet in chosen:
        table = table_of(sheet, results)
        table.notes.insert(0, f'Profile {request.setup.profile.name}: {request.setup.profile.about}.')
        table.save(folder / sheet['name'])
        if sheet['curve']:
            draw(sheet, results, folder / f'{sheet["name"]}.svg')
        tables.append(table)
    title = f'Benchmark, profile {request.setup.profile.name}'
    write_whole(request.out / 'index.html', page(title, tables).encode())
    return tables


def _verdict(state: State, results: Results) -> int:
    """Say what failed; the exit code."""
    colour, plain = (RED, PLAIN) if sys.stderr.isatty() else ('', '')
    for key, error in state.failed.items():
        print(f'{colour}failed: {error}; see {results.log(key)}{plain}', file=sys.stderr)
    if state.blocked:
        print(f'{colour}{len(state.blocked)} jobs could not run because of this{plain}', file=sys.stderr)
    return 1 if state.failed else 0


def _sheets(request: Request) -> list[tuple[Suite, Sheet]]:
    """Plan all suites."""
    found = [(suite, sheet) for suite in request.suites for sheet in suite.plan(request.setup)]
    if not found:
        raise UsageError(f'--models {request.setup.pattern}: no method of what is asked for fits')
    return found


def _sheet_path(request: Request, name: str) -> Path:
    return request.out / 'sheets' / request.setup.profile.name / f'{name}.json'


def _share(request: Request) -> Share:
    cores, gpus = machine()
    return share_of(request.jobs, cores, gpus)
