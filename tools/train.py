"""Train what a config describes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zoo.engine.cli import config_of, config_parser, run_cli


def main(arguments: Sequence[str] | None = None) -> None:
    """Train."""
    from zoo.engine import build_runner
    from zoo.visualize.hook import LookHook

    runner = build_runner(config_of(config_parser(str(__doc__)).parse_args(arguments)))
    if not any(isinstance(hook, LookHook) for hook in runner.hooks):
        runner.register_hook(LookHook())
    runner.train()


if __name__ == '__main__':
    sys.exit(run_cli(main))
