"""Test a trained model on the test set of a config, and print its metrics."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zoo.engine.cli import config_of, config_parser, run_cli


def main(arguments: Sequence[str] | None = None) -> None:
    """Test."""
    from zoo.engine import build_runner
    from zoo.engine.report import metrics_table

    parser = config_parser(str(__doc__))
    parser.add_argument('checkpoint', metavar='CHECKPOINT', help='weights: a path, a model name or an address')
    parsed = parser.parse_args(arguments)
    config = config_of(parsed)
    config.weights, config.resume, config.load_from = parsed.checkpoint, False, None
    print(metrics_table(build_runner(config).test()))


if __name__ == '__main__':
    sys.exit(run_cli(main))
