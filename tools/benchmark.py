"""Every table and curve: plan, measure what is not measured, print. What is finished is never done twice."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zoo.engine.cli import ArgumentParser, run_cli
from zoo.errors import UsageError


def parser() -> ArgumentParser:
    """Return the parser of the command line."""
    made = ArgumentParser(description=__doc__)
    what = made.add_mutually_exclusive_group()
    what.add_argument('--all', action='store_true', help='everything that the profile has')
    for group in ('suite', 'table', 'study'):
        what.add_argument(f'--{group}', metavar='NAME', help=f'one {group}; --list shows all')
    what.add_argument('--list', action='store_true', help='show suites, tables and studies')
    add = made.add_argument
    add('--profile', default='laptop', metavar='smoke|demo|laptop|paper', help='how much work; laptop by default')
    add('--models', default='*', metavar='GLOB', help="methods, such as 'recon*'")
    add('--seeds', type=int, metavar='N', help='repetitions, pretraining included')
    add('--packs', type=Path, metavar='DIR', help='folder of packs of real shapes; $ZOO_PACKS by default')
    add('--plan', action='store_true', help='show the jobs, what is done and how long the rest takes')
    add('--report', action='store_true', help='make the tables again from records alone')
    add('--out', type=Path, default=Path('work_dirs/benchmark'), metavar='DIR', help='folder of results')
    add('--executor', default='local', choices=('local', 'ray', 'slurm'), help='where jobs run')
    add('--jobs', type=int, metavar='N', help='processes; one for every GPU, or else for every core')
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the harness."""
    given = parser().parse_args(arguments)
    group = next((name for name in ('suite', 'table', 'study') if getattr(given, name)), '')
    _check(given, group)
    from benchmarks.run.harness import Request, plan, report, run, select
    from benchmarks.run.plan import list_text
    from benchmarks.suites.data import pack_root
    from benchmarks.suites.profiles import find_profile
    from benchmarks.suites.setup import Setup

    if given.list:
        print(list_text())
        return 0
    setup = Setup(find_profile(given.profile), given.seeds or 0, given.models, pack_root(given.packs))
    suites = select(setup, given.all, group, getattr(given, group) if group else '')
    request = Request(suites, setup, given.out, given.jobs, given.executor)
    if given.plan:
        print(plan(request))
        return 0
    if given.report:
        print('\n'.join(table.markdown() for table in report(request)))
        return 0
    return run(request)


def _check(given: argparse.Namespace, group: str) -> None:
    """Refuse what makes no sense."""
    if not (given.all or given.list or group):
        raise UsageError('say what to measure: --all, --suite S, --table T or --study S; --list shows them')
    for name in ('seeds', 'jobs'):
        if getattr(given, name) is not None and getattr(given, name) < 1:
            raise UsageError(f'--{name} must be at least 1')


if __name__ == '__main__':
    sys.exit(run_cli(main))
