"""Find, check and prepare datasets: what is known and present, what is wrong with it, one fast pack of it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zoo.engine.cli import DONE, FAILED, ArgumentParser, run_cli

TARGET = 'a name from list, or a path: a pack, the folder of a dataset, official lists, or meshes by class'


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument('--data-root', metavar='DIR', help='folder of the datasets; $ZOO_DATA, or data, by default')
    aimed = argparse.ArgumentParser(add_help=False, parents=[shared])
    aimed.add_argument('target', metavar='NAME|PATH', help=TARGET)
    aimed.add_argument('--options', nargs='+', default=[], metavar='K=V', help='arguments of the dataset')
    aimed.add_argument('--workers', type=int, default=os.cpu_count(), metavar='N', help='processes (one a core)')

    add = commands.add_parser(
        'list', parents=[shared], help='what is known, where to get it, what is present'
    ).add_argument
    add = commands.add_parser(
        'check', parents=[aimed], help='is it complete, whole, and what it is taken for?'
    ).add_argument
    add('--limit', type=int, metavar='N', help='objects of every part to read; all by default')
    add('--strict', action='store_true', help='warnings are failures')
    add('--json', metavar='FILE', help='write findings and figures')
    add = commands.add_parser('prepare', parents=[aimed], help='write one pack that opens at once').add_argument
    add('--out', metavar='DIR', help='folder of the pack; packs/NAME in the data root by default')
    add('--views', type=int, metavar='V', help='pictures of every object; all by default')
    add('--precision', choices=('float32', 'float16'), default='float32', help='of points and normals')
    add('--from', '--deb', dest='origin', nargs='+', metavar='FOLDER|ZIP|DEB', help='where a collection is')
    add('--force', action='store_true', help='make it again even if it is there')
    add = commands.add_parser('fingerprint', parents=[aimed], help='what identifies its content').add_argument
    add('--content', action='store_true', help='read all of it, for a digest that a set and its pack share')
    add = commands.add_parser('render', help='meshes to points, normals and shaded views').add_argument
    add('folder', metavar='FOLDER', help='holds OBJ, OFF, PLY, GLB or STL files')
    add('--out', required=True, metavar='DIR', help='where to write')
    add('--points', type=int, default=2048, metavar='N', help='points of every mesh (2048)')
    add('--views', type=int, default=4, metavar='V', help='pictures of every mesh (4)')
    add('--image-size', type=int, default=224, metavar='PIXELS', help='side of a picture (224)')
    add('--up', choices=('y', 'z'), default='y', help='axis that points up in the files (y)')
    add('--seed', type=int, default=0, help='of the points and viewpoints (0)')
    add('--workers', type=int, default=2, metavar='N', help='processes (2)')
    return parser


def _check(given: argparse.Namespace) -> int:
    from zoo.datasets.catalogue.run import check_target
    from zoo.datasets.catalogue.target import parse_options, resolve_target

    target = resolve_target(given.target, options=parse_options(given.options))
    report = check_target(target, limit=given.limit, workers=given.workers)
    print('\n'.join(report.lines()))
    if given.json:
        report.write_json(given.json)
    report.raise_for_damage()
    return FAILED if report.at('failed') or (given.strict and report.at('warning')) else DONE


def _prepare(given: argparse.Namespace) -> int:
    from zoo.datasets.catalogue.run import describe_pack, prepare_target
    from zoo.datasets.catalogue.target import parse_options, resolve_target

    target = resolve_target(given.target, options=parse_options(given.options), origin=given.origin)
    making = {'workers': given.workers, 'views': given.views, 'precision': given.precision, 'force': given.force}
    for pack in prepare_target(target, given.out, **making):
        print(describe_pack(pack))
    return DONE


def _fingerprint(given: argparse.Namespace) -> int:
    from tabulate import tabulate

    from zoo.datasets.catalogue.run import fingerprints
    from zoo.datasets.catalogue.target import parse_options, resolve_target

    target = resolve_target(given.target, options=parse_options(given.options))
    rows = fingerprints(target, content=given.content)
    print(tabulate(rows, headers='keys', tablefmt='plain', disable_numparse=True))
    return DONE


def _render(given: argparse.Namespace) -> int:
    from zoo.datasets.meshes.render_folder import render_folder

    sizes = {'num_points': given.points, 'views': given.views, 'image_size': given.image_size}
    report = render_folder(given.folder, given.out, up=given.up, seed=given.seed, workers=given.workers, **sizes)
    print(report)
    return DONE if report.made or report.kept else FAILED


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one of the commands.

    Raises:
        UsageError: Something is missing or damaged, or makes no sense.
    """
    given = _parser().parse_args(arguments)
    if getattr(given, 'data_root', None):
        os.environ['ZOO_DATA'] = given.data_root  # processes that help have to look there too
    if given.command == 'list':
        from zoo.datasets.catalogue.overview import overview

        print(overview())
        return DONE
    return {'check': _check, 'prepare': _prepare, 'fingerprint': _fingerprint, 'render': _render}[given.command](given)


if __name__ == '__main__':
    sys.exit(run_cli(main))
