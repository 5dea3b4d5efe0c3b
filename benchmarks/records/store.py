"""A results file: what finished jobs left, why others failed, and what tables show of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.records.files import from_text
from benchmarks.records.lines import Lines, warn_once
from benchmarks.records.schema import Failure, Line, Plan, Result, line_of
from zoo.errors import UsageError

NAME = 'results.jsonl.gz'
"""Name of the results file in a folder."""

ALIKE = ('title', 'notes', 'curve', 'doublings', 'axes', 'better', 'digits', 'claims')
"""What two plans have to say alike to be of one table: the notes name data, budget and protocol."""


class Store:
    """A results file that many processes may read and append to at once; the last line of a key counts.

    Attributes:
        results: finished jobs by key.
        failures: failed jobs by key.
        plans: tables by profile and name.
    """

    def __init__(self, path: Path) -> None:
        self.results: dict[str, Result] = {}
        self.failures: dict[str, Failure] = {}
        self.plans: dict[tuple[str, str], Plan] = {}
        self._lines = Lines(path)

    @classmethod
    def of(cls, place: Path) -> Store:
        """What is in a results file, or in a folder that holds one.

        Raises:
            UsageError: neither.
        """
        made = cls(place / NAME if place.is_dir() else place)
        if not made.path.is_file():
            raise UsageError(f'{place} is no results file and no folder that holds a {NAME}')
        made.refresh()
        return made

    @property
    def path(self) -> Path:
        """Place of the file."""
        return self._lines.path

    def add(self, line: Line) -> None:
        """Append a line.

        Raises:
            OSError: it cannot be written; the file is then as it was.
        """
        self._lines.append(_text(line))
        self._take(line)

    def put(self, line: Failure | Plan) -> None:
        """Append a line unless it says what is known."""
        self.refresh()
        known = self.failures.get(line.key) if isinstance(line, Failure) else self.plans.get((line.profile, line.name))
        if line != known:
            self.add(line)

    def refresh(self) -> None:
        """Take what others have appended; a line that is none is said and left out.

        Raises:
            OSError: the file cannot be read.
        """
        self._take_all(*self._lines.read())

    def merge(self, others: Iterable[Store]) -> None:
        """Take the lines of other files; the file is written anew, sorted.

        Where both know a job, what is here stays, but lost predictions are found again. A table of both is one: rows
        and columns of either, and figures from there where they were not measured here.

        Raises:
            OSError: the file cannot be written; it is then as it was.
        """

        def merged(texts: list[str]) -> Iterator[str]:
            self._take_all(True, texts)
            for other in others:
                for key, theirs in other.results.items():
                    ours = self.results.setdefault(key, theirs)
                    if ours.record != theirs.record:
                        warn_once(
                            f'{self.path}: "{theirs.label or key}" has another record in {other.path}; this stays'
                        )
                    elif theirs.unpacked and not ours.unpacked:
                        self.results[key] = theirs
                for name, plan in other.plans.items():
                    self.plans[name] = self._united(self.plans.get(name, plan), plan)
                self.failures = {**other.failures, **self.failures}
            self.failures = {key: line for key, line in self.failures.items() if key not in self.results}
            return map(_text, self.lines())

        self._lines.rewrite(merged)

    def _united(self, ours: Plan, theirs: Plan) -> Plan:
        """A table as either file knows it; ours, with a warning, where they do not say the same of their figures."""
        if ours == theirs:
            return ours
        if any(getattr(ours, field) != getattr(theirs, field) for field in ALIKE):
            warn_once(f'{self.path}: the table {ours.name} is another one elsewhere; this stays')
            return ours
        figures = {(figure.row, figure.column, figure.seed, figure.metric): figure for figure in ours.figures}
        for figure in theirs.figures:
            place = figure.row, figure.column, figure.seed, figure.metric
            if place not in figures or figures[place].key not in self.results:
                figures[place] = figure
        both = {
            name: list(dict.fromkeys([*getattr(ours, name), *getattr(theirs, name)])) for name in ('rows', 'columns')
        }
        about = {
            column: {**theirs.about.get(column, {}), **ours.about.get(column, {})}
            for column in [*ours.about, *theirs.about]
        }
        return ours.model_copy(update={**both, 'about': about, 'figures': list(figures.values())})

    def keep(self, keys: Iterable[str]) -> None:
        """Forget every result of another key, in the file too."""
        self.results = {key: self.results[key] for key in keys if key in self.results}
        self._lines.rewrite(lambda _: map(_text, self.lines()))

    def lines(self) -> Iterator[Line]:
        """All lines in an order that the content alone decides: neighbors that are alike are packed well."""
        yield from sorted(self.results.values(), key=_order)
        yield from (line for _, line in sorted(self.failures.items()))
        yield from (line for _, line in sorted(self.plans.items()))

    def _take(self, line: Line) -> None:
        if isinstance(line, Plan):
            self.plans[line.profile, line.name] = line
        elif isinstance(line, Failure):
            self.failures[line.key] = line
        else:
            self.results[line.key] = line
            self.failures.pop(line.key, None)

    def _take_all(self, anew: bool, texts: Iterable[str]) -> None:
        """Take lines by their texts, in the place of all there were where that is asked for."""
        if anew:
            self.results, self.failures, self.plans = {}, {}, {}
        for text in texts:
            try:
                self._take(line_of(from_text(text)))
            except ValueError as error:
                warn_once(f'{self.path}: a line is left out: {error}')


def _text(line: Line) -> str:
    """A line as the file has it.

    Raises:
        ValueError: NaN or infinity, which JSON does not know.
    """
    return json.dumps(line.model_dump(), sort_keys=True, allow_nan=False)


def _order(result: Result) -> tuple[str, ...]:
    """Place of a result in a sorted file."""
    record = result.record
    about = (record.protocol.name, record.dataset.name, record.dataset.variant, record.model) if record else ('',) * 4
    return (*about, f'{record.seed if record else 0:09d}', result.key)
