"""Is the GPU set up, does it compute what the CPU computes, and how fast is it?

Every stage prints a table and keeps it, row by row, in OUT/STAGE.json. Without names all run, in under ten minutes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.gpu.check import check
from benchmarks.gpu.correct import correct
from benchmarks.gpu.findings import Row, Stage, as_markdown_tables, machine
from benchmarks.gpu.report import report
from benchmarks.gpu.step import cost, step
from benchmarks.gpu.train import train
from zoo.engine.cli import ArgumentParser, run_cli
from zoo.engine.config import resolve_device
from zoo.errors import UsageError
from zoo.io import write_whole

STAGES = {
    'check': (check, 20, 'The machine, and what it can do at most'),
    'correct': (correct, 130, 'Against the CPU'),
    'step': (step, 150, 'Operations and training steps'),
    'cost': (cost, 60, 'What larger clouds, batches and students cost'),
    'train': (train, 170, 'Pretrained and measured'),
}
"""Stages in their order, with the seconds after which they begin nothing new, and their titles."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run stages.

    Raises:
        UsageError: there is no GPU, or a name that is no stage.
        SystemExit: a stage found a difference; the exit code is 1.
    """
    parser = ArgumentParser(prog='python -m benchmarks.gpu', description=__doc__)
    parser.add_argument('stages', nargs='*', metavar='STAGE', help=f'{", ".join(STAGES)}; all by default')
    parser.add_argument('--device', help='cuda or cpu; cuda by default')
    parser.add_argument('--out', type=Path, default=Path('work_dirs/gpu'), help='folder of what is found')
    parser.add_argument('--minutes', type=float, default=9, help='time of all stages together')
    parser.add_argument('--quick', action='store_true', help='smallest sizes alone')
    parser.add_argument('--report', nargs='+', type=Path, metavar='DIR', help='write OUT/speed.md from these folders')
    options = parser.parse_args(arguments)
    if options.report:
        report(options.report, options.out, {name: title for name, (_, _, title) in STAGES.items()})
        return
    unknown = sorted(set(options.stages) - set(STAGES))
    if unknown:
        raise UsageError(f'there is no stage {unknown[0]!r}: choose from {", ".join(STAGES)}')
    device = resolve_device(options.device or 'cuda')
    # What is compared with the CPU is computed in the precision that it says.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    chosen = {name: STAGES[name] for name in options.stages or STAGES}
    share = options.minutes * 60 / sum(seconds for _, seconds, _ in chosen.values())
    facts, wrong = machine(device), 0
    for name, (run, seconds, title) in chosen.items():
        rows: list[Row] = []
        for row in run(Stage(device, seconds * share, options.quick, options.out)):
            rows.append(row)
            # After every row, so that what was measured outlives the stage.
            write_whole(options.out / f'{name}.json', json.dumps({'machine': facts, 'rows': rows}, indent=1))
        print(as_markdown_tables(title, rows), flush=True)
        wrong += sum(row.get('equal') is False for row in rows)
    if wrong:
        print(f'{wrong} rows differ from the CPU', file=sys.stderr)
        sys.exit(1)


if __name__ == '__main__':
    sys.exit(run_cli(main))
