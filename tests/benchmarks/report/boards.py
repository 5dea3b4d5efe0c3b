"""Records of a small invented benchmark."""

from __future__ import annotations

import dataclasses

import numpy as np

from benchmarks.records import Predictions, Record

TEACHERS = {'recon-nano': 'points, images', 'point-mae-nano': 'points', 'from scratch': ''}
OBJECTS = 300


def measured(model, seed, right, variant='obj_bg', voting='none', epochs='last', **protocol):
    """A record of a model of which ``right`` (S,) says which objects it knew, and its predictions."""
    target = np.arange(len(right)) % 5
    guess = Predictions.of(target, np.where(right, target, (target + 1) % 5))
    scratch = model == 'from scratch'
    record = Record(
        model=model,
        weights='scratch' if scratch else 'weights.safetensors',
        weights_sha256='' if scratch else f'{seed:064x}',
        pretraining={} if scratch else {'data': 'shapedb69', 'teachers': TEACHERS.get(model, 'points'), 'seed': seed},
        dataset={
            'name': 'ScanObjectNN',
            'variant': variant,
            'split': 'test',
            'fingerprint': variant.encode()[::-1].hex().ljust(64, '0'),
            'samples': len(right),
        },
        protocol={
            'name': 'svm',
            'version': 2,
            'points': 1024,
            'voting': voting,
            'epoch_selection': epochs,
            'C': 0.075,
            **protocol,
        },
        seed=seed,
        metrics={'oa': guess.accuracy},
        environment={'torch': '2.6.0', 'device': 'cpu', 'precision': 'float32', 'commit': 'abc1234'},
        date='2026-01-02',
    )
    return dataclasses.replace(record, predictions=guess.sha256), guess


def board(accuracies, seeds=3, noise=0.0, **options):
    """Records by model, and a reader of their predictions.

    Args:
        accuracies: share of right objects by model, the same objects being hard for all.
        seeds: repetitions.
        noise: deviation of that share over seeds.
        options: of ``measured``.
    """
    generator = np.random.default_rng(len(options.get('variant', '')))
    hardness = generator.random(OBJECTS)
    records, guesses = [], {}
    for model, accuracy in accuracies.items():
        for seed in range(seeds):
            level = accuracy + noise * generator.normal()
            own = hardness + 0.05 * generator.normal(size=OBJECTS)
            record, guess = measured(model, seed, own < level, **options)
            records.append(record)
            guesses[record.key] = guess
    return records, lambda record: guesses[record.key]


def full():
    """Two variants, a voted block, and published rows of both."""
    records, readers = [], []
    for options in (
        {'variant': 'obj_bg'},
        {'variant': 'obj_only'},
        {'variant': 'obj_bg', 'voting': '10 augmentations, mean of logits', 'epochs': 'best_test'},
    ):
        models = {'from scratch': 0.6, 'point-mae-nano': 0.7, 'recon-nano': 0.71 if 'voting' in options else 0.82}
        found, reader = board(models, noise=0.01, **options)
        records += found
        readers.append(({record.key for record in found}, reader))

    def read(record):
        return next(reader for keys, reader in readers if record.key in keys)(record)

    return records, read
