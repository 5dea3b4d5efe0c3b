"""Size and speed of one config, or of every pretraining method; which method trains which backbone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zoo.engine.cli import ArgumentParser, run_cli
from zoo.errors import UsageError


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print one table."""
    from benchmarks.report import as_markdown
    from benchmarks.speed.matrix import matrix_table
    from benchmarks.speed.methods import config_table, methods_table
    from zoo.engine.config import resolve_device

    parser = ArgumentParser(description=__doc__)
    parser.add_argument('config', nargs='?', metavar='CONFIG', help='a config that trains a model')
    parser.add_argument('--methods', nargs='*', metavar='NAME', help='every pretraining method, or the named ones')
    parser.add_argument('--matrix', action='store_true', help='take a step with every method on every backbone')
    parser.add_argument('--batch-size', type=int, default=0, help="clouds per step; the config's, or 64, by default")
    parser.add_argument('--steps', type=int, default=12, help='steps, the fastest of which counts')
    parser.add_argument('--threads', type=int, default=0, help='threads of torch; 1 for --methods by default')
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    options = parser.parse_args(arguments)
    if [options.config is None, options.methods is None, not options.matrix].count(False) != 1:
        raise UsageError('give either a CONFIG or --methods or --matrix')
    common = {'steps': options.steps, 'device': resolve_device(options.device)}
    if options.matrix:
        table = matrix_table()
    elif options.config is not None:
        table = config_table(options.config, batch_size=options.batch_size, threads=options.threads, **common)
    else:
        sizes = {'batch_size': options.batch_size or 64, 'threads': options.threads or 1}
        table = methods_table(options.methods, **sizes, **common)
    print(as_markdown(table))


if __name__ == '__main__':
    sys.exit(run_cli(main))
