"""From a results file to tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from benchmarks.records import Plan, PlannedFigure, Run, better, holm, mean_interval, run_of
from benchmarks.records.frame import frame_of
from benchmarks.records.statistics import NAN, Estimate
from benchmarks.report import Cell, Table
from benchmarks.report.cell import Value
from benchmarks.report.ranking import BETTER, WORSE, Verdict, judge
from benchmarks.report.table import Row
from benchmarks.run.quotes import TITLE as PUBLISHED
from benchmarks.run.quotes import published_rows
from benchmarks.run.results import Results

CONFIDENCE = 0.95
PAIRED = 'paired t-test over seeds and, where there are predictions, paired bootstrap over seeds and objects'
FAILED, ABSENT = 'Failed', 'Not present'
SMALL = 3
"""Decimals of claimed figures that are no percentages."""
SEEDS = 'seeds'
"""Name of the last column before the figures."""


class TableData:
    """Records behind the figures of one table.

    Args:
        plan: what the table shows.
        results: folder of results.

    Attributes:
        frame: planned figures, one a row, with ``value`` and the columns of :func:`benchmarks.load_results`; NaN where
            one was not measured.
        measured: figures that were measured, each record once.
        repeated: whether any figure has more than one measured repetition.
        lost: number of measurements whose predictions were not kept.
    """

    def __init__(self, plan: Plan, results: Results) -> None:
        self.plan, self.results = plan, results
        planned = pd.DataFrame([figure.model_dump() for figure in plan.figures], columns=[*PlannedFigure.model_fields])
        wanted = set(planned['key'])
        found = frame_of(result for result in results.finished() if result.key in wanted)
        values = [
            found[name].get(figure.key, NAN) if (name := f'metrics.{figure.metric}') in found else NAN
            for figure in plan.figures
        ]
        own = found.drop(columns=['seed', 'job'], errors='ignore')  # the plan's count
        self.frame = planned.assign(value=pd.Series(values, dtype=float)).join(own, on='key')
        cells = self.frame.groupby(['row', 'column'], sort=False)
        self._cells = dict(iter(cells))
        self.measured = self.frame[self.frame['value'].notna()].drop_duplicates('key')
        self.repeated = bool((cells['value'].count() > 1).any())
        self.lost = int(self.measured.get('predictions_lost', pd.Series(dtype=bool)).sum())

    def runs(self, row: str, column: str) -> list[Run]:
        """Repetitions that were measured."""
        if (row, column) not in self._cells or 'predictions' not in self.frame:
            return []
        found = self._cells[row, column].dropna(subset='value')
        columns = (found[name] for name in ('value', 'seed', 'dataset.fingerprint', 'predictions'))
        return [run_of(*entry) for entry in zip(*columns, strict=True)]

    def records(self, row: str, column: str) -> tuple[str, ...]:
        """Keys of the repetitions that were measured."""
        found = self._cells.get((row, column))
        return () if found is None else tuple(found.dropna(subset='value')['key'])

    def value(self, row: str, column: str) -> Value:
        """Estimate over seeds, or why there is none."""
        found = self._cells.get((row, column))
        if found is None:
            return None
        values = found['value'].dropna()
        if len(values) == len(found):
            return mean_interval(values.to_numpy())
        errors = [self.results.failure(key) for key in found['key']]
        if any(errors):
            return 'not run' if any(error.startswith('not run') for error in errors) else 'failed'
        return replace(mean_interval(values.to_numpy()), planned=len(found)) if len(values) else 'not measured'


def table_of(plan: Plan, results: Results) -> Table:
    """A table, from the results file alone.

    Args:
        plan: what it shows.
        results: folder of results.
    """
    data, verdict = TableData(plan, results), Verdict()
    if plan.claims:
        header, body, notes = _claims(data)
    else:
        verdict, notes = _judged(data), []
        header, body = ['model', *plan.about, SEEDS, *plan.columns], []
        for row in plan.rows:
            seeds = {figure.seed for figure in plan.figures if figure.row == row and figure.column in plan.columns}
            texts = [texts.get(row, '–') for texts in plan.about.values()]
            cells = [
                Cell(data.value(*place), place in verdict.bold, verdict.marks.get(place, ''), data.records(*place))
                for place in ((row, column) for column in plan.columns)
            ]
            body.append([row, *texts, str(len(seeds)), *cells])
    failed = {}
    for figure in plan.figures:
        if error := results.failure(figure.key):
            log = results.log(figure.key).relative_to(results.out).as_posix()
            failed[figure.job] = error if error.startswith('not run') else f'{error} ({log})'
    rest = [''] * (len(header) - 2)
    blocks: dict[str, Sequence[Row]] = {
        FAILED: [[job, why, *rest] for job, why in failed.items()],
        ABSENT: [[name, 'see the notes', *rest] for name in plan.missing],
        PUBLISHED: [] if plan.claims else published_rows(data.measured, plan.columns, len(plan.about) + 1),
    }
    absent = [f'{name} is not present: {get}.' for name, get in plan.missing.items()]
    notes = [*plan.notes, *absent, *notes, *_notes(data, verdict)]
    return Table(plan.title, header, body, notes, {title: rows for title, rows in blocks.items() if rows}, plan.digits)


def _claims(data: TableData) -> tuple[list[str], list[list[Cell | Value]], list[str]]:
    """Header, rows and notes of claims: both figures, their difference, what a test says of it, and the verdict."""
    plan = data.plan
    runs = {row: [data.runs(row, column) for column in plan.columns] for row in plan.rows}
    tests = {row: better(*pair) for row, pair in runs.items() if all(pair)}
    p_values = dict(zip(tests, holm([test.p_value for test in tests.values()]), strict=True))
    body: list[list[Cell | Value]] = []
    for row in plan.rows:
        percent = all(figure.metric == 'oa' for figure in plan.figures if figure.row == row)
        digits = plan.digits if percent else SMALL
        cells = [
            Cell(_said(data.value(row, column), digits), records=data.records(row, column)) for column in plan.columns
        ]
        found: list[Cell | Value] = [None, None, 'not measured']
        if row in tests:
            first, second = ({run.seed: run.value for run in side} for side in runs[row])
            gaps = [value - second[seed] for seed, value in first.items() if seed in second]
            told = p_values[row] <= 1 - CONFIDENCE
            word = 'cannot tell' if not told else 'supports' if tests[row].difference > 0 else 'contradicts'
            found = [_said(mean_interval(gaps), digits) if gaps else None, f'{p_values[row]:.3f}', word]
        body.append([row, str(max(map(len, runs[row]))), *cells, *found])
    header = ['claim', SEEDS, *plan.columns, 'difference', 'p', 'verdict']
    said = [f'Difference: mean and 95 % t-interval over paired seeds. p: {PAIRED}; Holm over {len(tests)} claims.']
    return header, body, said if tests else []


def _said(value: Value, digits: int) -> Value:
    """An estimate with the digits of its own row."""
    return value.text(digits) if isinstance(value, Estimate) else value


def _judged(data: TableData) -> Verdict:
    """Which cells are marked and bold, where tests say so."""
    plan, columns = data.plan, {}
    for column in plan.columns if plan.better != 'none' and data.repeated else ():
        columns[column] = {row: found for row in plan.rows if (found := data.runs(row, column))}
        if plan.better == 'less':
            columns[column] = {
                row: [replace(run, value=-run.value, score=None if run.score is None else -run.score) for run in found]
                for row, found in columns[column].items()
            }
    verdict = judge(columns, plan.reference, CONFIDENCE)
    if plan.judged is not None and data.lost:
        then = {(row, column): said for row, cells in plan.judged.items() for column, said in cells.items()}
        verdict.bold = {place for place, said in then.items() if '*' in said}
        verdict.marks = {place: mark for place, said in then.items() if (mark := said.strip('*'))}
    return verdict


def _notes(data: TableData, verdict: Verdict) -> list[str]:
    """What the records say of all figures, and what the signs mean."""
    records = data.measured
    if records.empty:
        return ['Nothing has been measured yet.']
    notes = ['Mean and 95 % t-interval over seeds.' if data.repeated else 'One seed: no interval, nothing is tested.']
    how = f'{PAIRED}; Holm'
    columns, tests = (
        f'{number} {what}' + 's' * (number != 1) for number, what in zip(verdict.tests, ('column', 'test'), strict=True)
    )
    if verdict.tests[1]:
        notes.append(f'{BETTER} {WORSE}: better, worse than the row "{data.plan.reference}" ({how} over {tests}).')
    if verdict.tests[0]:
        notes.append(f'Bold: better than the runner-up and every other row ({how} over {columns}).')
    if data.plan.doublings and data.repeated and len(data.plan.columns) > 1:
        notes += _unconverged(data)
    settings = {'Voting': _values(records, 'protocol.voting'), 'Epoch': _values(records, 'protocol.epoch_selection')}
    notes.append('. '.join(f'{title}: {text}' for title, text in settings.items() if text) + '.')
    notes += _seen(records)
    if selections := _values(records, 'protocol.recipe_selection'):
        notes.append(f'Fine-tuning: {selections}.')
    by = [_values(records, f'environment.{name}') for name in ('torch', 'device', 'precision', 'commit')]
    notes.append(f'Measured with torch {by[0]}, {by[1]}, {by[2]}, commit {by[3]}.')
    if data.lost:
        how = 'tested over seeds alone' if data.plan.judged is None else 'signs and bold are those of the day'
        notes.append(f'Predictions of {data.lost} of {len(records)} measurements were not kept: {how}.')
    return notes


def _unconverged(data: TableData) -> list[str]:
    """Which rows the last doubling of what was seen still lifted, each by a test of its own, so that it finds more."""
    before, last = data.plan.columns[-2:]
    runs = {row: (data.runs(row, last), data.runs(row, before)) for row in data.plan.rows if row != data.plan.reference}
    tests = {row: better(*both, strict=False) for row, both in runs.items() if all(both)}
    gains = [
        f'{row} (+{test.difference:.{data.plan.digits}f})' for row, test in tests.items() if test.better(1 - CONFIDENCE)
    ]
    how = f'from {before} to {last} ({PAIRED}; each row alone)'
    if gains:
        return [f'Not converged, as they gained more than chance {how}: {", ".join(gains)}.']
    return [f'No row gained more than chance {how}.'] if tests else []


def _seen(records: pd.DataFrame) -> list[str]:
    """Which classes that are measured on were pretrained on, and how many of the very objects were."""
    classes: dict[str, set[str]] = {}
    objects: dict[str, set[str]] = {}
    notes = []
    for record in records.to_dict('records'):
        if not record.get('pretraining.data'):
            continue
        place = ' '.join(part for part in (record['dataset.name'], record['dataset.variant']) if part)
        known, seen = record.get('dataset.seen_classes'), record.get('dataset.seen_objects')
        if pd.notna(known):
            classes.setdefault(f'{known:g} of {record["dataset.classes"]:g} of', set()).add(place)
        objects.setdefault('not recorded for' if pd.isna(seen) else 'some of' if seen else 'none of', set()).add(place)
        if pd.notna(seen) and seen:
            share = f'{seen:g} of {record["dataset.samples"]:g} objects of {place}'
            notes.append(f'{share} were pretrained on by {record["model"]}: its figures are no test.')
    titles = {'Objects that pretraining saw, by their points': objects, 'Classes that pretraining saw': classes}
    for title, found in titles.items():
        if found:
            parts = [f'{count} {", ".join(sorted(places))}' for count, places in sorted(found.items())]
            notes.insert(0, f'{title}: {"; ".join(parts)}.')
    return list(dict.fromkeys(notes))


def _values(records: pd.DataFrame, column: str) -> str:
    """Different values of a column, in words."""
    return '; '.join(sorted({str(value) for value in records[column].dropna() if value})) if column in records else ''
