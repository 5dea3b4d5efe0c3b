"""From kept sheets and records to tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.records import Record, Run, mean_interval, run_of
from benchmarks.report import Block, Cell, Table
from benchmarks.report.cell import Value
from benchmarks.report.ranking import BETTER, WORSE, Contest, Verdict, judge
from benchmarks.run.quotes import published_block
from benchmarks.run.results import Results
from benchmarks.suites.sheet import Entry, entries

CONFIDENCE = 0.95
FAILED, ABSENT = 'Failed', 'Not present'
SEEDS = 'seeds'
"""Name of the last column before the figures."""


class Figures:
    """Records behind the figures of one sheet.

    Args:
        sheet: as :meth:`benchmarks.suites.sheet.Sheet.to_json` wrote it.
        results: folder of results.
    """

    def __init__(self, sheet: Mapping[str, Any], results: Results) -> None:
        self.sheet, self.results = sheet, results
        self.entries: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries(sheet):
            self.entries.setdefault((entry.row, entry.column), []).append(entry)
        keys = {entry.key for group in self.entries.values() for entry in group}
        self.records: dict[str, Record] = {
            key: record for key in sorted(keys) if (record := results.record(key)) is not None
        }

    def runs(self, row: str, column: str) -> list[Run]:
        """Repetitions that were measured."""
        return [
            run_of(record, self.results.predictions(entry.key), entry.metric, entry.seed)
            for entry in self.entries.get((row, column), [])
            if (record := self.records.get(entry.key)) is not None
        ]

    def value(self, row: str, column: str) -> Value:
        """Estimate over seeds, or why there is none."""
        wanted = self.entries.get((row, column), [])
        if not wanted:
            return None
        values = [self.records[entry.key].metrics[entry.metric] for entry in wanted if entry.key in self.records]
        if len(values) == len(wanted):
            return mean_interval(values)
        errors = [self.results.failure(entry.key) for entry in wanted]
        if any(errors):
            return 'not run' if any(error.startswith('not run') for error in errors) else 'failed'
        return f'{len(values)} of {len(wanted)} measured' if values else 'not measured'

    @property
    def repeated(self) -> bool:
        """Whether any figure has more than one measured repetition."""
        return any(len([1 for entry in group if entry.key in self.records]) > 1 for group in self.entries.values())

    def examples(self) -> dict[str, tuple[Record, str]]:
        """One record of every column, and the metric that the column shows."""
        found: dict[str, tuple[Record, str]] = {}
        for (_, column), group in self.entries.items():
            for entry in group:
                if entry.key in self.records:
                    found.setdefault(column, (self.records[entry.key], entry.metric))
        return found

    def failures(self) -> dict[str, str]:
        """Why jobs of this sheet, or jobs they wait for, failed, by label."""
        found = {}
        for group in self.entries.values():
            for entry in group:
                error = self.results.failure(entry.key)
                if error:
                    log = self.results.log(entry.key).relative_to(self.results.out).as_posix()
                    found[entry.job] = error if error.startswith('not run') else f'{error} ({log})'
        return found


def table_of(sheet: Mapping[str, Any], results: Results) -> Table:
    """The table of a sheet, from records alone.

    Args:
        sheet: as :meth:`benchmarks.suites.sheet.Sheet.to_json` wrote it.
        results: folder of results.
    """
    figures = Figures(sheet, results)
    rows, columns, about = list(sheet['rows']), list(sheet['columns']), dict(sheet['about'])
    cells, verdict = _judged(figures, rows, columns)
    body = []
    for row in rows:
        seeds = {entry.seed for column in columns for entry in figures.entries.get((row, column), [])}
        texts = [texts.get(row, '–') for texts in about.values()]
        body.append([row, *texts, str(len(seeds)), *(cells[row, column] for column in columns)])
    header = ['model', *about, SEEDS, *columns]
    missing = dict(sheet['missing'])
    blocks = [
        Block(title, [_wide(name, why, len(header)) for name, why in found.items()])
        for title, found in ((FAILED, figures.failures()), (ABSENT, dict.fromkeys(missing, 'see the notes')))
        if found
    ]
    quoted = published_block(figures.examples(), columns, len(about) + 1)
    blocks += [quoted] if quoted else []
    absent = [f'{name} is not present: {get}.' for name, get in missing.items()]
    notes = [*sheet['notes'], *absent, *_notes(figures, verdict, str(sheet['reference']))]
    return Table(str(sheet['title']), header, body, notes, blocks, digits=int(sheet.get('digits', 1)))


def _wide(name: str, text: str, width: int) -> list[str]:
    """A row with a name and one sentence."""
    return [name, text, *[''] * (width - 2)]


def _judged(
    figures: Figures, rows: Sequence[str], columns: Sequence[str]
) -> tuple[dict[tuple[str, str], Cell], Verdict]:
    """Cells of all rows and columns, marked and bold where tests say so."""
    reference, better = str(figures.sheet['reference']), figures.sheet.get('better', 'more')
    contests = []
    for column in columns if better != 'none' and figures.repeated else ():
        runs = {row: found for row in rows if (found := figures.runs(row, column))}
        # Without the reference there is nothing to test against; the row above is no reference.
        contests.append(Contest(column, runs, lower=better == 'less', baseline=reference or 'none'))
    verdict = judge(contests, CONFIDENCE, bool(reference))
    cells = {
        (row, column): Cell(
            figures.value(row, column), (row, column) in verdict.bold, verdict.marks.get((row, column), '')
        )
        for row in rows
        for column in columns
    }
    return cells, verdict


def _notes(figures: Figures, verdict: Verdict, reference: str) -> list[str]:
    """What the records say of all figures, and what the signs mean."""
    records = list(figures.records.values())
    if not records:
        return ['Nothing has been measured yet.']
    notes = [
        'Mean and 95 % t-interval over seeds.' if figures.repeated else 'One seed: no interval, nothing is tested.'
    ]
    how = 'paired t-test over seeds and, where there are predictions, paired bootstrap over seeds and objects; Holm'
    if verdict.tests[1]:
        tests = _counted(verdict.tests[1], 'test')
        notes.append(f'{BETTER} {WORSE}: better, worse than the row "{reference}" ({how} over {tests}).')
    if verdict.tests[0]:
        tests = _counted(verdict.tests[0], 'column')
        notes.append(f'Bold: better than the runner-up and every other row ({how} over {tests}).')
    said = [('Voting', 'voting'), ('Epoch', 'epoch_selection')]
    values = {title: _values(getattr(record.protocol, name) for record in records) for title, name in said}
    notes.append('. '.join(f'{title}: {text}' for title, text in values.items() if text) + '.')
    notes += _seen(records)
    selections = _values(record.protocol.get('recipe_selection', '') for record in records)
    if selections:
        notes.append(f'Fine-tuning: {selections}.')
    parts = [record.environment for record in records]
    told = [_values(str(part.get(name, '')) for part in parts) for name in ('torch', 'device', 'precision', 'commit')]
    notes.append(f'Measured with torch {told[0]}, {told[1]}, {told[2]}, commit {told[3]}.')
    return notes


def _seen(records: Sequence[Record]) -> list[str]:
    """Which classes that are measured on were pretrained on, and whether the very objects were."""
    places: dict[str, set[str]] = {}
    notes = []
    for record in records:
        data = record.dataset
        place = ' '.join(part for part in (data.name, data.variant) if part)
        if 'seen_classes' in data:
            places.setdefault(f'{data["seen_classes"]} of {data.classes}', set()).add(place)
        if data.get('seen_objects') == 'all':
            notes.append(f'The objects of {place} were pretrained on by {record.model}: its figures are no test.')
    told = [f'{count} of {", ".join(sorted(where))}' for count, where in sorted(places.items())]
    if told:
        notes.insert(0, f'Classes that pretraining saw, in other objects unless a note says so: {"; ".join(told)}.')
    return list(dict.fromkeys(notes))


def _counted(number: int, what: str) -> str:
    """A number of things."""
    return f'{number} {what}' if number == 1 else f'{number} {what}s'


def _values(given: Any) -> str:
    """Different values, in words."""
    return '; '.join(sorted({str(value) for value in given if value}))
