"""Test a trained model on the test set of a config, and print its metrics.

A pretraining config has no test set: with the name of a model of the index for CHECKPOINT, its figures there are
measured again and compared (exit code 1 where one lies outside of its interval).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zoo.engine.cli import config_of, config_parser, run_cli


def main(arguments: Sequence[str] | None = None) -> int | None:
    """Test."""
    from tabulate import tabulate

    from zoo.engine import build_runner

    parser = config_parser(str(__doc__))
    parser.add_argument('checkpoint', metavar='CHECKPOINT', help='weights: a path, a model name or an address')
    parsed = parser.parse_args(arguments)
    config = config_of(parsed)
    if config.get('test_dataloader') is None and is_name(parsed.checkpoint):
        from benchmarks.release import verify

        text, code = verify(parsed.checkpoint, config.device)
        print(text)
        return code
    config.weights, config.resume, config.load_from = parsed.checkpoint, False, None
    print(tabulate(build_runner(config).test().items(), tablefmt='plain', floatfmt='.2f'))
    return None


def is_name(checkpoint: str) -> bool:
    """Whether it is a model name rather than a file or an address."""
    return '/' not in checkpoint and not Path(checkpoint).suffix


if __name__ == '__main__':
    sys.exit(run_cli(main))
