"""A results file with a leaderboard and a curve, in which names are hostile."""

from __future__ import annotations

import numpy as np

from benchmarks.records import Plan, PlannedFigure, PredictionLists, Predictions, Result, Store
from benchmarks.records.keys import digest
from benchmarks.records.store import NAME
from tests.benchmarks.records.examples import record
from zoo.hub.index import find_entry
from zoo.visualize import Panel, Panels

HOSTILE = '<script>alert(1)</script>'
ROWS = ('from scratch', f'"quoted" {HOSTILE}', 'שלום \u202e right to left')
CLASSES = ('chair', HOSTILE, "table'><b>")
COLUMNS = {'10 %': 'a tenth', '100 %': ''}
"""Variant of the data by column; of the last there are published figures."""

SEEDS = (0, 1)
VIEW = f'Clouds of {HOSTILE}'
RELEASED = 'recon-nano_packs'
"""Model whose weights the second row has."""


PRETRAINING = digest('a pretraining')


def predictions(right):
    """Twelve objects of three classes, of which the first few are right."""
    target = np.arange(12) % 3
    return Predictions.of(target, np.where(np.arange(12) < right, target, (target + 1) % 3))


def write(folder):
    """Write the file; the second row is better, the more so in the last column, and saw objects of the test."""
    store, figures, released = Store(folder / NAME), [], find_entry(RELEASED).rounded_from
    for place, row in enumerate(ROWS):
        for number, column in enumerate(COLUMNS):
            for seed in SEEDS:
                found, key = predictions(3 + 3 * (place == 1) + number + seed), digest([row, column, seed])
                shares = [100 * float(found.score[found.target == label].mean()) for label in range(3)]
                made = record(
                    model=row,
                    seed=seed,
                    dataset={'samples': 12, 'classes': 3, 'variant': COLUMNS[column], 'seen_objects': 5 * (place == 1)},
                    protocol={'student': 'recon-nano'},
                    metrics={'oa': found.accuracy},
                    per_class=dict(sorted(zip(CLASSES, shares, strict=True))),
                    weights_digest=released if place == 1 else 'a' * 64,
                    job=key,
                )
                label, packed = f'svm {row} on {column}, seed {seed}', PredictionLists.pack(found)
                needs = {'weights': PRETRAINING} if place == 1 else {}
                store.add(Result(key=key, label=label, record=made, predictions=packed, needs=needs))
                figures.append(PlannedFigure(row=row, column=column, seed=seed, metric='oa', key=key, job=label))
    store.add(Result(key=PRETRAINING, kind='pretrain', value={'losses': {'loss': [[1, 2.0], [2, 1.0]]}}))
    shared = {'profile': 'demo', 'rows': [*ROWS], 'columns': [*COLUMNS], 'figures': figures, 'reference': ROWS[0]}
    about = {'supervised by': dict.fromkeys(ROWS, HOSTILE)}
    store.add(Plan(suite='leaderboard', name='leaderboard', title='All & everything', about=about, **shared))
    store.add(Plan(suite='data_curve', name='curve', title='Curve', curve=True, axes=['share', 'OA, %'], **shared))
    rng = np.random.default_rng(0)
    grey = np.full((40, 3), 99, dtype=np.uint8)
    rows = [[Panel(rng.uniform(-0.5, 0.5, (40, 3)), grey, caption=HOSTILE) for _ in range(2)] for _ in range(2)]
    Panels(rows, ['left', HOSTILE]).save(folder / 'views' / 'clouds.json', VIEW, 'Nothing but noise.')
