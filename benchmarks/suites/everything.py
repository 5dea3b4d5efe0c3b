"""All kinds of jobs, all protocols and all suites, registered by being imported."""

from __future__ import annotations

from benchmarks.protocols.base import find_protocol
from benchmarks.suites import following, measuring, plans, recipes, training
from benchmarks.suites.plans.frozen import own_tables
from benchmarks.suites.suite import SUITES, Suite, find

__all__ = ['SUITES', 'all_suites', 'following', 'measuring', 'plans', 'recipes', 'suite_of', 'training']

own_tables()


def all_suites() -> dict[str, Suite]:
    """All that can be asked for by name, with the tables of protocols that were imported meanwhile."""
    own_tables()
    return SUITES


def suite_of(group: str, name: str) -> Suite:
    """Return what is asked for by ``--suite``, ``--table`` or ``--study``.

    Args:
        group: ``suite``, ``table`` or ``study``.
        name: name in the group, or ``FILE.py:CLASS`` of a protocol.

    Raises:
        UsageError: there is none.
    """
    if group == 'suite' and ':' in name:
        protocol = find_protocol(name)
        name = protocol.suite or protocol.name
    all_suites()
    return find(group, name)
