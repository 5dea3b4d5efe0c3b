"""The program that helps to fill a folder with chunks, run with ``python -m`` by the process that needs them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from zoo.datasets.procedural.chunks import fill
from zoo.datasets.procedural.generate import Order


def main(arguments: list[str]) -> None:
    """Fill the folder until it is full, is gone, or the process that asked for it is.

    Args:
        arguments: Folder, order as JSON, and the id of the process that asked.
    """
    folder, order, parent = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked, and it will tell us
    try:
        for _ in fill(Order.from_json(order), Path(folder)):
            if os.getppid() != int(parent):
                return
    except FileNotFoundError:
        return  # another process has put the chunks together and cleared the folder away


if __name__ == '__main__':
    main(sys.argv[1:])
