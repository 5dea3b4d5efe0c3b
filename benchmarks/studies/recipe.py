"""How students are fine-tuned: everything but the rate, which is chosen on objects that are in no test split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo.registry import DATASETS

CONFIG = 'configs/finetune/procedural.py'
HELD_OUT = 0.2
SEED = 1000
"""Share of the training objects that the rate is chosen on, and the seed of that draw; no study repeats the seed."""


def finetune_options(
    train: Mapping[str, Any], test: Mapping[str, Any], samples: int, num_points: int, rate: float
) -> dict[str, Any]:
    """Changes to the config: data, points, rate, and as many whole epochs as come nearest to ``samples`` clouds."""
    dataset = DATASETS.build(dict(train))
    batch_size = 32
    epochs = max(1, round(samples / len(dataset)))
    steps = epochs * max(1, len(dataset) // batch_size)
    return {
        'train_dataloader.dataset': {**train, '_delete_': True},
        'train_dataloader.batch_size': batch_size,
        'test_dataloader.dataset': {**test, '_delete_': True},
        'data_preprocessor.train': [
            {'type': 'FPSSubsample', 'num_points': num_points, 'oversample': num_points * 600 // 512},
            {'type': 'UnitSphere'},
            {'type': 'RandomRotateGravity'},
        ],
        'data_preprocessor.test': [{'type': 'FPSSubsample', 'num_points': num_points}, {'type': 'UnitSphere'}],
        'model.num_classes': len(dataset.classes),
        'train_cfg.max_epochs': epochs,
        'optim_wrapper.optimizer.lr': rate,
        'param_scheduler': {'by_epoch': False, 'total': steps, 'warmup': steps // 10},
        'default_hooks.checkpoint.interval': 2,
    }
