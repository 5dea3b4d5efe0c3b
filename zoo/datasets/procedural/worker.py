"""The program that helps to fill a folder with chunks, run with ``python -m`` by the process that needs them."""

from __future__ import annotations

import sys
from pathlib import Path

from zoo.datasets.prepared.chunks import help_out
from zoo.datasets.procedural.chunks import fill
from zoo.datasets.procedural.generate import Order


def main(arguments: list[str]) -> int:
    """Fill the folder.

    Args:
        arguments: Folder, order as JSON, and the id of the process that asked.

    Returns:
        Exit code.
    """
    folder, order, parent = arguments
    return help_out(lambda: fill(Order.from_json(order), Path(folder)), int(parent))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
