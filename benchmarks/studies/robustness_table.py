"""Tables of the robustness study, views of its records."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.protocols.corruption_errors import CorruptionRow, corruption_errors, row_of
from benchmarks.records import Record, mean_interval
from benchmarks.report import Table

TITLE = 'ProceduralShapes (built-in substitute, not comparable with published data sets)'


def accuracy_table(records: Sequence[Record]) -> Table:
    """OA of every model: clean, by corruption (mean over severities), and the mean over corruptions."""
    last = records[-1]
    corruptions = list(last.protocol['corruptions'])
    rows = []
    for model, own in _by_model(records).items():
        keys = ['oa', *(f'oa/{name}' for name in corruptions), 'oa_corrupted']
        cells = [_cell([record.metrics[key] for record in own], 1) for key in keys]
        rows.append([model, str(len(own)), *cells])
    header = ['model', 'seeds', 'clean', *(name.replace('_', ' ') for name in corruptions), 'mean of the seven']
    notes = [
        f'OA in % on {last.dataset["test_samples"]} test objects of {last.dataset["classes"]} classes; of a '
        f'corruption, the mean over severities {_severities(last)}.',
        f'Trained on {last.dataset["train_samples"]} labelled objects for {last.protocol["epochs"]} epochs of '
        f'{last.protocol["points"]} points, turned about gravity and not otherwise augmented. Optimizer, rate and head '
        "are those of each model's config, its schedule shortened; nothing was chosen on these objects. Last epoch, no "
        'voting.',
        f'Corruptions of ModelNet-C (arXiv 2202.03377), made on the fly from {last.protocol["points"]} points (numbers '
        f'of points in proportion to 1024), seed {last.protocol["corruption_seed"]}, the same clouds for all models.',
        _interval_note(records),
        f'Measured {last.date}, torch {last.environment["torch"]}, {last.environment["device"]}, '
        f'{last.environment["threads"]} threads, {last.environment["precision"]}, '
        f'commit {last.environment["commit"]}.',
    ]
    return Table(f'Accuracy under corruptions: {TITLE}', header, rows, notes)


def error_table(records: Sequence[Record], reference: str) -> Table:
    """CE of every model by corruption, mCE and RmCE, relative to the mean of the reference's seeds.

    Args:
        records: of all models.
        reference: name of the row that errors are relative to.
    """
    corruptions = list(records[-1].protocol['corruptions'])
    models = _by_model(records)
    base = _mean_row(reference, models[reference])
    rows = []
    for model, own in models.items():
        errors = [corruption_errors(row_of(model, record.metrics, record.protocol), base) for record in own]
        cells = [_cell([error.ce[name] for error in errors], 3) for name in corruptions]
        totals = [_cell([error.mce for error in errors], 3), _cell([error.rmce for error in errors], 3)]
        rows.append([model, *cells, *totals])
    header = ['model', *(f'CE {name.replace("_", " ")}' for name in corruptions), 'mCE', 'RmCE']
    notes = [
        f'Reference row: {reference}, mean of its seeds, measured on the same corrupted clouds. Below 1 is more '
        'robust.',
        'The published reference of ModelNet-C (DGCNN) is not used: it belongs to other clouds.',
        'CE compares errors, so a higher clean accuracy lowers it. RCE compares what is lost from clean accuracy; it '
        'is undefined where the reference loses nothing.',
    ]
    return Table(f'Corruption errors: {TITLE}', header, rows, notes)


def severity_table(records: Sequence[Record]) -> Table:
    """OA of every model by corruption and severity, mean over seeds."""
    first = records[0]
    rows = []
    for model, own in _by_model(records).items():
        for name in first.protocol['corruptions']:
            values = [
                float(np.mean([record.metrics[f'oa/{name}/{severity}'] for record in own]))
                for severity in first.protocol['severities']
            ]
            rows.append([model, name.replace('_', ' '), *(f'{value:.1f}' for value in values)])
    header = ['model', 'corruption', *(f'severity {severity}' for severity in first.protocol['severities'])]
    return Table('OA in % by severity, mean over seeds', header, rows, ['Files of ModelNet-C count severities from 0.'])


def _by_model(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Records of every model, in order of appearance."""
    models: dict[str, list[Record]] = {}
    for record in records:
        models.setdefault(record.model, []).append(record)
    return models


def _mean_row(name: str, records: Sequence[Record]) -> CorruptionRow:
    """Row of the mean accuracies of several seeds."""
    rows = [row_of(name, record.metrics, record.protocol) for record in records]
    mean = {corruption: float(np.mean([row.mean[corruption] for row in rows])) for corruption in rows[0].mean}
    return CorruptionRow(name, rows[0].clouds, float(np.mean([row.clean for row in rows])), mean, rows[0].severities)


def _cell(values: Sequence[float], digits: int) -> str:
    """Mean and 95 % interval; a single seed has none."""
    if not np.all(np.isfinite(values)):
        return 'undefined'
    estimate = mean_interval(values)
    spread = '' if np.isnan(estimate.half_width) else f' ± {estimate.half_width:.{digits}f}'
    return f'{estimate.mean:.{digits}f}{spread}'


def _interval_note(records: Sequence[Record]) -> str:
    """What the intervals are over."""
    if max(len(own) for own in _by_model(records).values()) == 1:
        return 'One seed of training: differences between rows may be chance.'
    return 'Mean and 95 % t-interval over seeds of training; the corrupted clouds are the same for every seed.'


def _severities(record: Record) -> str:
    """The severities that a mean is over."""
    return ', '.join(str(severity) for severity in record.protocol['severities'])
