"""Clouds that come more than once: within a part, under two classes, and in training and test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from zoo.datasets.catalogue.report import Report, few, number

LISTED = 100
"""Duplicates that go into the facts."""


@dataclass(frozen=True)
class Sighting:
    """A cloud at one place.

    Attributes:
        content: Digest that copies of it share.
        part: Part it is in.
        source: Its name in messages.
        label: Its class.
    """

    content: bytes
    part: str
    source: str
    label: str


def check_repeats(name: str, seen: Iterable[Sighting], report: Report) -> None:
    """Report clouds that one part holds more than once."""
    groups = [group for group in _by_content(seen).values() if len(group) > 1]
    if not groups:
        return
    report.facts.setdefault('repeats', {})[name] = [[one.source for one in group] for group in groups[:LISTED]]
    extra = sum(len(group) - 1 for group in groups)
    first = few((one.source for one in groups[0]), 2)
    repeat = 'repeats' if extra == 1 else 'repeat'
    report.add('warning', name, f'{number(extra, "cloud")} {repeat} another one, the first: {first}')
    torn = [group for group in groups if len({one.label for one in group}) > 1]
    if torn:
        pairs = few(f'{one.source} ({one.label or "no class"})' for one in torn[0])
        stand = 'stands' if len(torn) == 1 else 'stand'
        report.add(
            'warning', name, f'{number(len(torn), "cloud")} {stand} under more than one class, the first: {pairs}'
        )


def check_leakage(
    seen: Iterable[Sighting], places: Mapping[str, tuple[str, str]], report: Report, fixed_splits: bool
) -> None:
    """Report clouds that are in two roles of one group, such as training and test.

    Args:
        seen: Clouds of all parts.
        places: Role and group of every part.
        report: Report that takes the findings; its facts get ``leakage``.
        fixed_splits: Whether that is a property of the published set, and no mistake of the user.
    """
    shared: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
    for group in _by_content(seen).values():
        first = {one.part: one for one in reversed(group)}
        for one, other in combinations([part for part in places if part in first], 2):
            (role, team), (other_role, other_team) = places[one], places[other]
            if role and other_role and role != other_role and team == other_team:
                shared[one, other].append([first[one].source, first[other].source])
    for (one, other), pairs in shared.items():
        are = 'is' if len(pairs) == 1 else 'are'
        text = (
            f'{number(len(pairs), "cloud")} of {other} {are} in {one} too (leakage), the first: {" = ".join(pairs[0])}'
        )
        report.add('warning' if fixed_splits else 'failed', other, text)
        report.facts.setdefault('leakage', {})[f'{one}/{other}'] = pairs[:LISTED]


def _by_content(seen: Iterable[Sighting]) -> dict[bytes, list[Sighting]]:
    """Return sightings by what was seen."""
    groups: dict[bytes, list[Sighting]] = defaultdict(list)
    for one in seen:
        groups[one.content].append(one)
    return groups
