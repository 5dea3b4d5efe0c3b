"""The program that helps to fill a folder with the chunks of a pack, run with ``python -m`` by ``prepare``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from zoo.datasets.prepared.chunks import fill, help_out
from zoo.datasets.prepared.job import load_order


def main(arguments: list[str]) -> int:
    """Fill the folder.

    Args:
        arguments: File of the order, folder, and the id of the process that asked.

    Returns:
        Exit code.
    """
    order, folder, parent = arguments

    def steps() -> Iterator[int]:
        job = load_order(Path(order))
        yield from fill(Path(folder), job.sizes, job.make)

    return help_out(steps, int(parent))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
