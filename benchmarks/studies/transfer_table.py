"""The table of a transfer study: a view of its records."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.records import Record, mean_interval
from benchmarks.report import Table

SCRATCH = 'from scratch'

PROTOCOLS = {'svm': 'SVM', 'finetune': 'fine-tuned'}


def transfer_table(records: list[Record], remarks: Sequence[str] = ()) -> Table:
    """Mean and 95 % interval over seeds of every student, protocol and pack.

    Args:
        records: of one study.
        remarks: sentences about the data, put before the notes.
    """
    packs = sorted({record.dataset['name'] for record in records}, key=lambda name: name != _pretraining(records))
    students = sorted({record.model for record in records}, key=lambda model: (model != SCRATCH, model))
    rows = []
    for student in students:
        own = [record for record in records if record.model == student]
        seeds = {record.seed for record in own}
        cells = [_cell(own, pack, protocol) for pack in packs for protocol in PROTOCOLS]
        rows.append([student, own[0].pretraining.get('supervision', '-'), str(len(seeds)), *cells])
    header = [f'{pack}, {title}, OA %' for pack in packs for title in PROTOCOLS.values()]
    title = f'Transfer of {_pretraining(records)}'
    return Table(
        title, ['student', 'supervised in pretraining by', 'seeds', *header], rows, [*remarks, *_notes(records, packs)]
    )


def _pretraining(records: list[Record]) -> str:
    """Name of the pretraining data."""
    return next(record.pretraining['data'] for record in records if record.pretraining)


def _cell(records: list[Record], pack: str, protocol: str) -> str:
    """Estimate of one student on one pack by one protocol."""
    values = [r.metrics['oa'] for r in records if r.dataset['name'] == pack and r.protocol['name'] == protocol]
    return str(mean_interval(values)) if values else 'not measured'


def _notes(records: list[Record], packs: list[str]) -> list[str]:
    """What a reader must know to judge the figures."""
    pretrained = next(record for record in records if record.pretraining)
    svm = next(record for record in records if record.protocol['name'] == 'svm')
    tuned = next((record for record in records if record.protocol['name'] == 'finetune'), None)
    sizes = {
        record.dataset['name']: f'{record.dataset["train_samples"]} and {record.dataset["test_samples"]} objects of '
        f'{record.dataset["classes"]} classes'
        for record in records
    }
    notes = [
        'Mean and 95 % t-interval over seeds; every seed pretrains, fits and fine-tunes anew. Differences within the '
        'intervals say nothing.',
        f'Pretrained on the {pretrained.pretraining["objects"]} training objects of {pretrained.pretraining["data"]}, '
        f'{pretrained.pretraining["epochs"]} epochs, the same batch, rate and augmentation for all. A tokenizer is '
        'trained once before, on the same objects, for as many epochs.',
        *(f'{pack}: training and test split of {sizes[pack]}.' for pack in packs),
        f'SVM: LinearSVC, C = {svm.protocol["C"]}, {svm.protocol["points"]} points by FPS, all training labels.',
    ]
    if tuned is not None:
        epochs = {r.dataset['name']: r.protocol['epochs'] for r in records if r.protocol['name'] == 'finetune'}
        lengths = ' and '.join(f'{epochs[pack]} epochs of {pack}' for pack in packs)
        notes.append(f'Fine-tuning: {lengths}, rate {tuned.protocol["lr"]:g}, last epoch, no voting.')
        notes.append(f'Selection: {tuned.protocol["recipe_selection"]}.')
    commits = ', '.join(sorted({record.environment['commit'] for record in records}))
    dates = ', '.join(sorted({record.date for record in records}))
    environment = pretrained.environment
    notes.append(
        f'Measured {dates}, torch {environment["torch"]}, {environment["device"]}, {environment["precision"]}, '
        f'commit {commits}.'
    )
    return notes
