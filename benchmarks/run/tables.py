"""From a results file to tables."""

from __future__ import annotations

import pandas as pd

from benchmarks.records import Plan, PlannedFigure, Run, mean_interval, run_of
from benchmarks.records.frame import frame_of
from benchmarks.records.statistics import NAN
from benchmarks.report import Block, Cell, Table
from benchmarks.report.cell import Value
from benchmarks.report.ranking import BETTER, WORSE, Contest, Verdict, judge
from benchmarks.run.quotes import published_block
from benchmarks.run.results import Results

CONFIDENCE = 0.95
FAILED, ABSENT = 'Failed', 'Not present'
SEEDS = 'seeds'
"""Name of the last column before the figures."""


class Figures:
    """Records behind the figures of one table.

    Args:
        plan: what the table shows.
        results: folder of results.
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
        """Planned figures, one a row, with ``value`` and the columns of :func:`benchmarks.load_results`; NaN where one
        was not measured."""
        self._cells = dict(iter(self.frame.groupby(['row', 'column'], sort=False)))

    @property
    def measured(self) -> pd.DataFrame:
        """Figures that were measured, each record once."""
        return self.frame[self.frame['value'].notna()].drop_duplicates('key')

    def runs(self, row: str, column: str) -> list[Run]:
        """Repetitions that were measured."""
        if (row, column) not in self._cells or 'predictions' not in self.frame:
            return []
        found = self._cells[row, column].dropna(subset='value')
        columns = (found[name] for name in ('value', 'seed', 'dataset.fingerprint', 'predictions'))
        return [run_of(*entry) for entry in zip(*columns, strict=True)]

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
        return f'{len(values)} of {len(found)} measured' if len(values) else 'not measured'

    @property
    def lost(self) -> int:
        """Measurements whose predictions were not kept."""
        return int(self.measured.get('predictions_lost', pd.Series(dtype=bool)).sum())

    @property
    def repeated(self) -> bool:
        """Whether any figure has more than one measured repetition."""
        return any(found['value'].count() > 1 for found in self._cells.values())

    def failures(self) -> dict[str, str]:
        """Why jobs of this table, or jobs they wait for, failed, by label."""
        found = {}
        for figure in self.plan.figures:
            if error := self.results.failure(figure.key):
                log = self.results.log(figure.key).relative_to(self.results.out).as_posix()
                found[figure.job] = error if error.startswith('not run') else f'{error} ({log})'
        return found


def table_of(plan: Plan, results: Results) -> Table:
    """A table, from the results file alone.

    Args:
        plan: what it shows.
        results: folder of results.
    """
    figures = Figures(plan, results)
    cells, verdict = _judged(figures)
    body: list[list[Cell | Value]] = []
    for row in plan.rows:
        seeds = {figure.seed for figure in plan.figures if figure.row == row and figure.column in plan.columns}
        texts = [texts.get(row, '–') for texts in plan.about.values()]
        body.append([row, *texts, str(len(seeds)), *(cells[row, column] for column in plan.columns)])
    header = ['model', *plan.about, SEEDS, *plan.columns]
    blocks = [
        Block(title, [_wide(name, why, len(header)) for name, why in found.items()])
        for title, found in ((FAILED, figures.failures()), (ABSENT, dict.fromkeys(plan.missing, 'see the notes')))
        if found
    ]
    quoted = published_block(figures.measured, plan.columns, len(plan.about) + 1)
    blocks += [quoted] if quoted else []
    absent = [f'{name} is not present: {get}.' for name, get in plan.missing.items()]
    notes = [*plan.notes, *absent, *_notes(figures, verdict)]
    return Table(plan.title, header, body, notes, blocks, digits=plan.digits)


def _wide(name: str, text: str, width: int) -> list[str]:
    """A row with a name and one sentence."""
    return [name, text, *[''] * (width - 2)]


def _judged(figures: Figures) -> tuple[dict[tuple[str, str], Cell], Verdict]:
    """Cells of all rows and columns, marked and bold where tests say so."""
    plan, contests = figures.plan, []
    for column in plan.columns if plan.better != 'none' and figures.repeated else ():
        runs = {row: found for row in plan.rows if (found := figures.runs(row, column))}
        contests.append(Contest(column, runs, lower=plan.better == 'less', baseline=plan.reference))
    verdict = judge(contests, CONFIDENCE)
    if plan.judged is not None and figures.lost:
        then = {(row, column): said for row, cells in plan.judged.items() for column, said in cells.items()}
        verdict.bold = {place for place, said in then.items() if '*' in said}
        verdict.marks = {place: mark for place, said in then.items() if (mark := said.strip('*'))}
    cells = {
        (row, column): Cell(
            figures.value(row, column), (row, column) in verdict.bold, verdict.marks.get((row, column), '')
        )
        for row in plan.rows
        for column in plan.columns
    }
    return cells, verdict


def _notes(figures: Figures, verdict: Verdict) -> list[str]:
    """What the records say of all figures, and what the signs mean."""
    records = figures.measured
    if records.empty:
        return ['Nothing has been measured yet.']
    notes = [
        'Mean and 95 % t-interval over seeds.' if figures.repeated else 'One seed: no interval, nothing is tested.'
    ]
    how = 'paired t-test over seeds and, where there are predictions, paired bootstrap over seeds and objects; Holm'
    if verdict.tests[1]:
        tests = _counted(verdict.tests[1], 'test')
        notes.append(f'{BETTER} {WORSE}: better, worse than the row "{figures.plan.reference}" ({how} over {tests}).')
    if verdict.tests[0]:
        tests = _counted(verdict.tests[0], 'column')
        notes.append(f'Bold: better than the runner-up and every other row ({how} over {tests}).')
    said = {'Voting': 'protocol.voting', 'Epoch': 'protocol.epoch_selection'}
    values = {title: _values(records, name) for title, name in said.items()}
    notes.append('. '.join(f'{title}: {text}' for title, text in values.items() if text) + '.')
    notes += _seen(records)
    if selections := _values(records, 'protocol.recipe_selection'):
        notes.append(f'Fine-tuning: {selections}.')
    told = [_values(records, f'environment.{name}') for name in ('torch', 'device', 'precision', 'commit')]
    notes.append(f'Measured with torch {told[0]}, {told[1]}, {told[2]}, commit {told[3]}.')
    if figures.lost:
        how = 'tested over seeds alone' if figures.plan.judged is None else 'signs and bold are those of the day'
        notes.append(f'Predictions of {figures.lost} of {len(records)} measurements were not kept: {how}.')
    return notes


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
    told = {'Objects that pretraining saw, by their points': objects, 'Classes that pretraining saw': classes}
    for what, found in told.items():
        if found:
            said = [f'{count} {", ".join(sorted(where))}' for count, where in sorted(found.items())]
            notes.insert(0, f'{what}: {"; ".join(said)}.')
    return list(dict.fromkeys(notes))


def _counted(number: int, what: str) -> str:
    """A number of things."""
    return f'{number} {what}' if number == 1 else f'{number} {what}s'


def _values(records: pd.DataFrame, column: str) -> str:
    """Different values of a column, in words."""
    return '; '.join(sorted({str(value) for value in records[column].dropna() if value})) if column in records else ''
