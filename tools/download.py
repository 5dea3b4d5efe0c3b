"""Fetch the weights of models by name or address into the cache ($ZOO_HOME), each checked, none twice."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zoo.engine.cli import DONE, FAILED, ArgumentParser, run_cli
from zoo.errors import UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the path of every file, or the list.

    Raises:
        UsageError: the name is unknown, has no weights, or they cannot be fetched.
    """
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('name', nargs='?', metavar='NAME', help='a model of the list, or an address')
    parser.add_argument('--list', action='store_true', help='which models have weights, and what of them is here')
    parser.add_argument('--all', action='store_true', help='fetch the weights of every model')
    parser.add_argument('--verify', action='store_true', help='read every file again; a damaged one is fetched again')
    again = 'download anew what is here; where the publisher gives no SHA-256, the new content is the right one'
    parser.add_argument('--again', action='store_true', help=again)
    given = parser.parse_args(arguments)
    if (given.name is not None) + given.list + given.all != 1:
        raise UsageError('give the name of a model, or --list, or --all')

    from zoo.hub.download import WeightFile, fetch_weights
    from zoo.hub.download.overview import fetch_all, overview
    from zoo.hub.index import entries, find_entry

    how = {'verify': given.verify, 'again': given.again}
    if given.name is not None:
        if '://' in given.name:
            file: WeightFile | None = WeightFile.of_address(given.name)
        else:
            entry = find_entry(given.name)
            file = entry.weight_file()
        if file is None:
            raise UsageError(entry.untrained())
        print(fetch_weights(file, **how))
        return DONE
    files = [file for file in (entry.weight_file() for entry in entries().values()) if file is not None]
    if given.list:
        print(overview(files))
        return DONE
    paths, failed = fetch_all(files, **how)
    for path in paths:
        print(path)
    for line in failed:
        print(f'error: {line}', file=sys.stderr)
    return FAILED if failed else DONE


if __name__ == '__main__':
    sys.exit(run_cli(main))
