"""What can be asked for by name: suites, tables and studies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.suites.planner import Planner
from benchmarks.suites.table import TablePlan

GROUPS = ('suite', 'table', 'study')

MakeTables = Callable[[Planner], list[TablePlan]]


@dataclass(frozen=True)
class Suite:
    """Something that can be asked for by name.

    Attributes:
        name: name on the command line.
        group: ``suite``, ``table`` or ``study``.
        about: what it shows, in one line.
        plan: function that plans its tables and the jobs behind them.
        encoders: whether it has rows for encoders from elsewhere.
    """

    name: str
    group: str
    about: str
    plan: MakeTables
    encoders: bool = False


SUITES: dict[str, Suite] = {}
"""Everything that was registered, in order; :func:`benchmarks.suites.catalog.all_suites` has everything there is."""


def suite(
    name: str, group: str = 'suite', encoders: bool = False, about: str = ''
) -> Callable[[MakeTables], MakeTables]:
    """Register a function that plans a suite; ``about`` or the first line of its docstring says what it shows.

    Raises:
        ValueError: the name is taken or the group is unknown.
    """
    if group not in GROUPS:
        raise ValueError(f'{name}: a suite belongs to one of {", ".join(GROUPS)}, not to {group!r}')

    def add(plan: MakeTables) -> MakeTables:
        if name in SUITES:
            raise ValueError(f'there is a suite named {name!r} already')
        line = (about or plan.__doc__ or '').strip().split('\n')[0].rstrip('.')
        SUITES[name] = Suite(name, group, line, plan, encoders)
        return plan

    return add
