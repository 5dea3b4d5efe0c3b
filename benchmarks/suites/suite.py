"""The list of suites, tables and studies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from zoo.errors import UsageError

GROUPS = ('suite', 'table', 'study')

Plan = Callable[[Setup], list[Sheet]]


@dataclass(frozen=True)
class Suite:
    """Something that can be asked for by name.

    Attributes:
        name: on the command line.
        group: ``suite``, ``table`` or ``study``.
        about: one line.
        plan: tables and the jobs behind them.
        encoders: it has rows for encoders from elsewhere.
    """

    name: str
    group: str
    about: str
    plan: Plan
    encoders: bool = False


SUITES: dict[str, Suite] = {}
"""Everything that can be asked for, in the order of its registration."""


def suite(name: str, group: str = 'suite', encoders: bool = False) -> Callable[[Plan], Plan]:
    """Register a function that plans a suite; the first line of its docstring says what it shows.

    Args:
        name: on the command line.
        group: ``suite``, ``table`` or ``study``.
        encoders: it has rows for encoders from elsewhere.

    Raises:
        ValueError: the name is taken or the group is unknown.
    """
    if group not in GROUPS:
        raise ValueError(f'{name}: a suite belongs to one of {", ".join(GROUPS)}, not to {group!r}')

    def add(plan: Plan) -> Plan:
        if name in SUITES:
            raise ValueError(f'there is a suite named {name!r} already')
        SUITES[name] = Suite(name, group, (plan.__doc__ or '').strip().split('\n')[0].rstrip('.'), plan, encoders)
        return plan

    return add


def find(group: str, name: str) -> Suite:
    """Return what is asked for by ``--suite``, ``--table`` or ``--study``.

    Raises:
        UsageError: there is none of that name in the group.
    """
    known = [entry.name for entry in SUITES.values() if entry.group == group]
    if name not in known:
        elsewhere = f' (it is a {SUITES[name].group}: --{SUITES[name].group} {name})' if name in SUITES else ''
        raise UsageError(f'there is no {group} {name!r}{elsewhere}: choose from {", ".join(known)}')
    return SUITES[name]
