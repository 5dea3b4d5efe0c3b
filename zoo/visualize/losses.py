"""The losses that a training run has logged."""

from __future__ import annotations

from pathlib import Path

from zoo.compat import expand
from zoo.errors import UsageError
from zoo.io import from_json

Curve = list[tuple[int, float]]


def read_losses(run: str | Path) -> dict[str, Curve]:
    """Losses over iterations, by name.

    A run that was resumed has one log for every start; where two tell of one iteration, the later one counts.

    Args:
        run: work directory of a run, or one ``scalars.json``.

    Raises:
        UsageError: there is no log, it holds no loss, or a line of it is broken.
    """
    path = expand(run)
    files = [path] if path.is_file() else sorted(path.rglob('vis_data/scalars.json'))
    if not files:
        raise UsageError(f'{run} holds no vis_data/scalars.json: name the work directory of a training run')
    found: dict[str, dict[int, float]] = {}
    for file in files:
        for name, step, value in _lines(file):
            found.setdefault(name, {})[step] = value
    if not found:
        raise UsageError(f'{run} has logged no loss yet: train longer, or set default_hooks.logger.interval=1')
    return {name: sorted(values.items()) for name, values in sorted(found.items())}


def _lines(file: Path) -> list[tuple[str, int, float]]:
    """Name, iteration and value of every loss in a log."""
    lines = file.read_text(encoding='utf-8').splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        try:
            row = from_json(line)
            losses = {name: float(value) for name, value in row.items() if name.split('_')[0] == 'loss'}
            step = int(row['step']) if losses else 0
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if number == len(lines):  # the run was killed while it wrote
                break
            raise UsageError(f'{file} line {number} is no line of a log: remove it') from error
        found += [(name, step, value) for name, value in losses.items()]
    return found
