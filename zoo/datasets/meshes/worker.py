"""The program that does jobs for another process: one JSON line in, one JSON line out."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

Task = Callable[[dict[str, Any]], dict[str, Any]]


def find_task(name: str) -> Task:
    """Return the function that ``module:function`` names."""
    module, _, function = name.partition(':')
    task: Task = getattr(importlib.import_module(module), function)
    return task


def main(arguments: list[str]) -> None:
    """Do the jobs that come in until the input ends.

    Args:
        arguments: The task, as ``module:function``.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked, and it will tell us
    answers = os.fdopen(os.dup(1), 'w', encoding='utf-8')
    os.dup2(2, 1)  # what a library prints must not come between the answers
    task = find_task(arguments[0])
    for line in sys.stdin:
        answers.write(json.dumps(task(json.loads(line))) + '\n')
        answers.flush()


if __name__ == '__main__':
    main(sys.argv[1:])
