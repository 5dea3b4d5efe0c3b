"""Records for tests."""

from __future__ import annotations

import numpy as np

from benchmarks.records import Predictions, Record

FINGERPRINT = 'f' * 64


def record(**changes):
    """A measured record; parts given as changes replace the defaults setting by setting."""
    fields = dict(
        model='recon-nano',
        config='configs/recon/nano.py',
        config_sha256='c' * 64,
        weights='weights.safetensors',
        weights_digest='a' * 64,
        pretraining={'data': 'shapedb69', 'teachers': 'points', 'epochs': 40},
        dataset={'name': 'ModelNet40', 'split': 'test', 'fingerprint': FINGERPRINT, 'samples': 100, 'classes': 4},
        protocol={
            'name': 'svm',
            'version': 2,
            'points': 1024,
            'voting': 'none',
            'epoch_selection': 'last',
            'augmentation': ['RandomRotate', 'ScaleTranslate'],
            'batch_size': 32,
            'C': 0.075,
        },
        seed=0,
        metrics={'oa': 12.5},
        per_class={'chair': 10.0, 'table': 15.0},
        environment={'torch': '2.6', 'device': 'cpu', 'threads': 2, 'precision': 'float32', 'commit': 'abc1234'},
        seconds=1.5,
        date='2026-01-02',
    )
    for name, value in changes.items():
        fields[name] = {**fields[name], **value} if isinstance(value, dict) and name in fields else value
    return Record(**fields)


def guesses(accuracy, samples=100, classes=4, seed=0):
    """Predictions of which an exact share is right."""
    generator = np.random.default_rng(seed)
    target = np.arange(samples) % classes
    right = generator.permutation(samples) < round(accuracy * samples)
    return Predictions.of(target, np.where(right, target, (target + 1) % classes))
