"""What a check found, as lines for a person and as JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from zoo.compat import expand
from zoo.errors import UsageError
from zoo.io import whole

LEVELS = ('ok', 'note', 'warning', 'failed', 'damaged')
"""'failed' is a set that is not what it says; 'damaged' is a file that cannot be used at all."""


@dataclass(frozen=True)
class Finding:
    """One line.

    Attributes:
        level: One of ``LEVELS``.
        subject: Part of the set, or list, that it is about.
        text: The finding in words.
    """

    level: str
    subject: str
    text: str

    def line(self) -> str:
        """Return the finding as printed."""
        return f'{self.level:8}{self.subject}: {self.text}'


@dataclass
class Report:
    """Findings about one target, and the figures behind them.

    Attributes:
        target: Name of the set that was checked.
        findings: The findings, in the order in which they were made.
        facts: Figures for programs, by part or list.
    """

    target: str
    findings: list[Finding] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def add(self, level: str, subject: str, text: str) -> None:
        """Add one finding."""
        if level not in LEVELS:
            raise ValueError(f'{level!r} is none of {LEVELS}')
        self.findings.append(Finding(level, subject, text))

    def at(self, level: str) -> list[Finding]:
        """Return the findings of one level."""
        return [finding for finding in self.findings if finding.level == level]

    def raise_for_damage(self) -> None:
        """Stop where files cannot be used.

        Raises:
            UsageError: There are findings of level 'damaged'; names the first.
        """
        damaged = self.at('damaged')
        if damaged:
            more = f' ({len(damaged) - 1:,} more findings of this kind above)' if len(damaged) > 1 else ''
            raise UsageError(f'{damaged[0].text}{more}')

    def verdict(self) -> str:
        """Return one line: what was counted at every level."""
        counts = {level: len(self.at(level)) for level in ('damaged', 'failed', 'warning', 'note')}
        words = [f'{count:,} {level}' for level, count in counts.items() if count]
        bad = counts['damaged'] + counts['failed']
        counted = f' ({", ".join(words)})' if words else ''
        return f'{self.target}: {"wrong" if bad else "right"}{counted}'

    def lines(self) -> Iterable[str]:
        """Yield everything as printed, the verdict last."""
        yield from (finding.line() for finding in self.findings)
        yield self.verdict()

    def write_json(self, path: str | Path) -> None:
        """Write findings and figures.

        Raises:
            UsageError: The file cannot be written.
        """
        where = expand(path)
        content = {'target': self.target, 'findings': [asdict(finding) for finding in self.findings], **self.facts}
        try:
            with whole(where) as temporary:
                temporary.write_text(json.dumps(content, indent=1), encoding='utf-8')
        except OSError as error:
            raise UsageError(f'{where} cannot be written ({error.strerror}): give --json a writable place') from error


def few(names: Iterable[Any], most: int = 3) -> str:
    """Return the first names of many and how many more there are."""
    listed = [str(name) for name in names]
    more = len(listed) - most
    return ', '.join(listed[:most]) + (f' and {more:,} more' if more > 0 else '')


def number(count: int, what: str) -> str:
    """Return a number of things in words: ``'1 object'``, ``'2,468 objects'``."""
    return f'{count:,} {what}{"" if count == 1 else "es" if what.endswith("s") else "s"}'
