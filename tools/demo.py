"""A first look: pretrain ReCon-nano and Point-MAE-nano on the built-in shapes, measure both, print one table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zoo.engine.cli import run_cli


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the demo."""
    from benchmarks.run.demo import Budget, run_demo

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, default=Path('work_dirs/demo'), help='folder of runs and records')
    parser.add_argument('--seeds', type=int, default=Budget.seeds, help='repetitions of the downstream step')
    parser.add_argument('--device', choices=('cpu', 'cuda'), default='cpu')
    options = parser.parse_args(arguments)
    table = run_demo(options.out, Budget(seeds=options.seeds), options.device).markdown()
    (options.out / 'table.md').write_text(table, encoding='utf-8')
    print(f'\n{table}')


if __name__ == '__main__':
    sys.exit(run_cli(main))
