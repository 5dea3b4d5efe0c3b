"""What a reader of a leaderboard must know, from the records alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from benchmarks.records import Record
from benchmarks.report.columns import Column
from benchmarks.report.ranking import BETTER, WORSE, Verdict
from benchmarks.report.rows import Entrant, Entry

BOOKKEEPING = frozenset({'key', 'fold', 'train_samples'})
"""Settings that differ between repetitions by nature."""


def notes(
    measured: Mapping[Entrant, Mapping[Column, Entry]],
    names: Mapping[Column, str],
    verdict: Verdict,
    marks: str,
    confidence: float,
    left_out: int = 0,
) -> list[str]:
    """Sentences under a leaderboard.

    Args:
        measured: its measured rows.
        names: of its columns.
        verdict: of the tests.
        marks: what the signs are tested against.
        confidence: of intervals and tests.
        left_out: published figures without a column.
    """
    published = [f'{left_out} published figures of other protocols or data have no column here.'] if left_out else []
    if not measured:
        return published
    level, alpha = f'{100 * confidence:g} %', f'{1 - confidence:.2g}'
    found = [f'Mean and {level} t-interval over seeds or folds, last epoch and no voting unless a row says otherwise.']
    if verdict.tests[0]:
        found.append(
            f'Bold: better than the runner-up and than every other row of its block that has two seeds '
            f'(paired tests, p ≤ {alpha} after Holm over {verdict.tests[0]} columns).'
        )
    if verdict.tests[1]:
        other = 'the row above' if marks == 'above' else marks
        found.append(
            f'{BETTER} {WORSE}: better, worse than {other} (p ≤ {alpha} after Holm over {verdict.tests[1]} tests).'
        )
    if verdict.methods:
        ways = ', '.join(f'{name} ({count})' for name, count in sorted(verdict.methods.items()))
        found.append(f'How pairs of rows were decided, or why they were not: {ways}.')
    found += _columns(measured, names)
    return [*found, *_repetitions(measured), *published, *_machine(_records(measured))]


def _columns(measured: Mapping[Entrant, Mapping[Column, Entry]], names: Mapping[Column, str]) -> list[str]:
    """What was measured in every column, and settings that its rows do not share."""
    found = []
    for column, name in names.items():
        rows = [row[column].current() for row in measured.values() if column in row]
        if not rows:
            continue
        samples = sorted({record.dataset.samples for row in rows for record in row if record.dataset.samples})
        facts = [f'{column.protocol} version {column.version}', column.split or 'split not stated']
        facts += [f'{" or ".join(map(str, samples))} objects'] if samples else []
        facts += [f'{column.points} points'] if column.points else []
        facts += [f'data {column.fingerprint[:8]}'] if column.fingerprint else []
        differing = _differing(rows)
        clash = f'; rows differ in {", ".join(differing)}' if differing else ''
        found.append(f'{name}: {", ".join(facts)}{clash}.')
    return found


def _differing(rows: list[list[Record]]) -> list[str]:
    """Settings that are not the same in every row, though each row keeps to its own."""
    settings = [[_settings(record) for record in row] for row in rows]
    names = {name for row in settings for entry in row for name in entry} - BOOKKEEPING
    return sorted(
        name for name in names if len({frozenset(repr(entry.get(name)) for entry in row) for row in settings}) > 1
    )


def _settings(record: Record) -> dict[str, object]:
    """Settings of protocol and data that do not tell columns or rows apart."""
    protocol, data = record.protocol, record.dataset
    return {
        **protocol.extra,
        **data.extra,
        'augmentation': protocol.augmentation,
        'batch_size': protocol.batch_size,
        'labelled samples': data.train_samples,
        'labelled data': data.train_fingerprint,
    }


def _repetitions(measured: Mapping[Entrant, Mapping[Column, Entry]]) -> list[str]:
    """What the seeds do not cover, and what was left out."""
    entries = [(row, entry) for row, columns in measured.items() for entry in columns.values()]
    single = sorted({row.model for row, entry in entries if _one_pretraining(entry.current())})
    found = []
    if single:
        found.append(f'Pretrained once, so that seeds cover the downstream step alone: {", ".join(single)}.')
    old = sum(len(entry.records) - len(entry.current()) for _, entry in entries)
    if old:
        found.append(f'Left out: {old} older {"figure" if old == 1 else "figures"} of repetitions measured again.')
    selection = {str(r.protocol.get('recipe_selection', '')) for _, entry in entries for r in entry.current()} - {''}
    return found + [f'Selection: {text}.' for text in sorted(selection)]


def _one_pretraining(records: list[Record]) -> bool:
    """Whether several repetitions start from one set of pretrained weights."""
    return len(records) > 1 and bool(records[0].weights_sha256) and len({r.weights_sha256 for r in records}) == 1


def _machine(records: Iterable[Record]) -> list[str]:
    """When and with what."""
    given = list(records)
    words = [_span(record.date for record in given)]
    words += [f'torch {text}' for text in [_listed(r.environment.torch for r in given)] if text]
    words += [_listed(r.environment.device for r in given), _listed(r.environment.precision for r in given)]
    words += [f'commit {text}' for text in [_listed(r.environment.commit for r in given)] if text]
    return [f'Measured {", ".join(word for word in words if word)}.']


def _records(measured: Mapping[Entrant, Mapping[Column, Entry]]) -> list[Record]:
    """All records that are shown."""
    return [record for columns in measured.values() for entry in columns.values() for record in entry.current()]


def _listed(values: Iterable[str]) -> str:
    """Different values, in order."""
    return ' and '.join(sorted({value for value in values if value}))


def _span(days: Iterable[str]) -> str:
    """First and last day."""
    known = sorted({day for day in days if day})
    return '' if not known else known[0] if len(known) == 1 else f'{known[0]} to {known[-1]}'
