"""Every table and curve: plan, measure what is not measured, print. What is finished is never done twice.

Stop it at any moment; the same command goes on where it stopped. Exit codes: 0 done, 1 a job failed (its row names the
log, and the same command tries it again), 2 wrong usage, 130 interrupted.

  tools/benchmark.py --all --profile demo                    a first look, minutes on two cores
  tools/benchmark.py --suite few_shot --models 'recon*'      one suite, some methods
  tools/benchmark.py --encoder mine.py:encoder               your own encoder beside random weights, frozen
  tools/benchmark.py --all --executor slurm --jobs 8 --slurm='--gres=gpu:1 --time=8:00:00'

Slurm and Ray need the folder of results, the code and its environment under the same path on every node, and a file
system that locks files between nodes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.suites.profiles import PROFILES
from zoo.engine.cli import ArgumentParser, run_cli
from zoo.errors import UsageError


def parser() -> ArgumentParser:
    """Return the parser of the command line."""
    made = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = made.add_mutually_exclusive_group()
    what.add_argument('--all', action='store_true', help='everything that the profile has')
    for group in ('suite', 'table', 'study'):
        what.add_argument(f'--{group}', metavar='NAME', help=f'one {group}; --list shows all')
    what.add_argument('--list', action='store_true', help='show suites, tables and studies')
    what.add_argument(
        '--merge', nargs='+', type=Path, metavar='PLACE', help='take results files or folders into that of --out'
    )
    what.add_argument('--verify', metavar='NAME', help='measure an entry of the model index again and compare')
    add = made.add_argument
    add('--profile', default='laptop', metavar='NAME', help=f'how much work: {", ".join(PROFILES)}; laptop by default')
    add('--models', metavar='GLOB', help="methods, such as 'recon*'; all by default, none beside --encoder")
    add('--encoder', metavar='ENCODER', help='MODULE:FACTORY or FILE.py:FACTORY of an encoder from elsewhere, the name '
        'of a released model, or torch-pointcloud:NAME')  # fmt: skip
    add('--encoder-arg', action='append', default=[], metavar='K=V', help='an argument of its factory')
    add('--check-encoder', action='store_true', help='say in words what is wrong with --encoder, and measure nothing')
    add('--seeds', type=int, metavar='N', help='repetitions, pretraining included')
    add('--packs', type=Path, metavar='DIR', help='folder of packs of real shapes; $ZOO_PACKS by default')
    add('--any-commit', action='store_true', help='let results of other code count where settings are the same; tables '
        'name the commits')  # fmt: skip
    add('--plan', action='store_true', help='show the jobs, what is done and how long the rest takes')
    add('--status', action='store_true', help='how far the run in the folder of results is, from another terminal too')
    add('--report', action='store_true', help='make the tables again from records alone')
    add('--site', type=Path, metavar='DIR', help='with --report: all results as one page, DIR/index.html')
    add('--out', type=Path, default=Path('work_dirs/benchmark'), metavar='DIR', help='folder of results')
    add('--executor', default='local', choices=('local', 'slurm', 'ray'), help='where jobs run; local by default')
    add('--jobs', type=int, metavar='N', help='processes; one for every GPU, or else for every core')
    add(
        '--slurm',
        default='',
        metavar='OPTIONS',
        help="options of sbatch for every job, as --slurm='--partition=gpu --time=8:00:00'; $ZOO_SBATCH by default",
    )
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the harness."""
    given = parser().parse_args(arguments)
    group = next((name for name in ('suite', 'table', 'study') if getattr(given, name)), '')
    _check(given, group)
    if given.verify:
        from benchmarks.release import verify

        text, code = verify(given.verify, packs=given.packs)
        print(text)
        return code
    if given.status:
        from benchmarks.run.status import status_text

        print(status_text(given.out))
        return 0
    if given.site:
        from benchmarks.site import write_site

        print(write_site(given.out, given.site))
        if not (given.all or group or given.encoder):
            return 0
    from benchmarks.run.harness import Request, merge, places, plan, report, run, select, show
    from benchmarks.run.plan import list_text
    from benchmarks.suites.data import pack_root
    from benchmarks.suites.planner import Planner, encoder_row
    from benchmarks.suites.profiles import find_profile

    if given.list:
        print(list_text())
        return 0
    if given.merge:
        print(merge(given.out, given.merge))
        return 0
    if given.check_encoder:
        return _checked(given)
    rows = (encoder_row(given.encoder, _arguments(given)),) if given.encoder else ()
    pattern = given.models or ('' if rows else '*')
    planner = Planner(find_profile(given.profile), given.seeds or 0, pattern, pack_root(given.packs), rows)
    suites = select(planner, group, getattr(given, group) if group else '')
    request = Request(suites, planner, given.out, given.jobs, given.executor, given.slurm, given.any_commit)
    if given.plan:
        print(plan(request))
        return 0
    if given.report:
        show(report(request))
        print(places(request), file=sys.stderr)
        return 0
    return run(request)


def _arguments(given: argparse.Namespace) -> dict[str, object]:
    """Arguments of the encoder's factory: numbers, true and false, lists, or texts."""
    found: dict[str, object] = {}
    for entry in given.encoder_arg:
        name, equals, value = entry.partition('=')
        if not equals or not name.isidentifier():
            raise UsageError(f'--encoder-arg {entry}: expected NAME=VALUE')
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = {'True': True, 'False': False, 'None': None}.get(value, value)
    return found


def _checked(given: argparse.Namespace) -> int:
    """Say whether the encoder keeps the contract; the exit code."""
    from benchmarks.encoders import Encoder, check_encoder, tiny_clouds

    encoder = Encoder.named(given.encoder, _arguments(given)).build()
    faults = check_encoder(encoder)
    for fault in faults:
        print(f'{given.encoder}: {fault}')
    if not faults:
        clouds = tiny_clouds()
        print(f'{given.encoder}: keeps the contract, {tuple(clouds.shape)} to {tuple(encoder(clouds).shape)}')
    return 1 if faults else 0


def _check(given: argparse.Namespace, group: str) -> None:
    """Refuse what makes no sense."""
    for name in ('encoder_arg', 'check_encoder'):
        if getattr(given, name) and not given.encoder:
            raise UsageError(f'--{name.replace("_", "-")} goes with --encoder')
    if given.site and not given.report:
        raise UsageError('--site goes with --report')
    alone = given.list or given.merge or given.verify or given.status or given.site
    if not (given.all or alone or group or given.encoder):
        raise UsageError('say what to measure: --all, --suite S, --table T or --study S; --list shows them')
    for name in ('seeds', 'jobs'):
        if getattr(given, name) is not None and getattr(given, name) < 1:
            raise UsageError(f'--{name} must be at least 1')


if __name__ == '__main__':
    sys.exit(run_cli(main))
