"""Turn a checkpoint of released code into safetensors under our names, or refuse it with the list of keys."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zoo.engine.cli import ArgumentParser, run_cli


def main(arguments: Sequence[str] | None = None) -> None:
    """Convert."""
    from zoo.hub.convert import convert
    from zoo.hub.official import TASKS

    tasks = sorted({task for known in TASKS.values() for task in known})
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('source', metavar='SRC', help='checkpoint of the released code')
    parser.add_argument('target', metavar='DST', help='file to write, *.safetensors')
    parser.add_argument('--from', dest='method', required=True, choices=tuple(TASKS), help='whose code released it')
    parser.add_argument('--task', choices=tasks, help='what it was trained for; told from its tensors by default')
    parser.add_argument('--num-groups', type=int, default=64, metavar='G', help='patches of a cloud (64)')
    parser.add_argument('--group-size', type=int, default=32, metavar='K', help='points of a patch (32)')
    parser.add_argument('--num-heads', type=int, metavar='H', help='attention heads; one per 64 channels by default')
    given = parser.parse_args(arguments)
    sizes = {'num_groups': given.num_groups, 'group_size': given.group_size, 'num_heads': given.num_heads}
    print(convert(given.source, given.target, given.method, given.task, **sizes))


if __name__ == '__main__':
    sys.exit(run_cli(main))
