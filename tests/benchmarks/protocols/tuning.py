"""Fine-tuning in a second: boxes of three proportions, a nano student with eight small patches."""

from __future__ import annotations

import numpy as np

from benchmarks.protocols.finetune import CONFIG, Tuning, finetune_options
from tests.layouts import write_pack

POINTS = 32

__all__ = ['CONFIG', 'POINTS', 'Small', 'boxes', 'options']


def boxes(tmp_path, num_objects=60, noise=0.5):
    """Configs of the training and the test split."""
    generator = np.random.default_rng(1)
    sides = np.array([[1, 1, 1], [1, 0.3, 1], [0.3, 1, 0.3]])[np.arange(num_objects) % 3][:, None]
    clouds = generator.uniform(-1, 1, (num_objects, 48, 3)) * (sides + noise * generator.random((num_objects, 1, 3)))
    path = write_pack(tmp_path / 'boxes.npz', num_objects, pts=clouds.astype(np.float16))
    return tuple({'type': 'ShapePack', 'points': str(path), 'split': split} for split in ('train', 'test'))


def options(train, test, epochs=3, rate=3e-3):
    """Changes to the fine-tuning config."""
    return {
        **finetune_options(train, test, epochs * 48, POINTS, rate),
        'train_dataloader.batch_size': 16,
        'train_cfg.max_epochs': epochs,
        'model.backbone.num_groups': 8,
        'model.backbone.group_size': 8,
        'default_hooks.checkpoint.interval': 1,
    }


class Small:
    """Before a fine-tuning protocol: trains with the options above."""

    length = 3

    def train(self, encoder, data, context, rate, work, extra=None):
        changes = {**options(data.config('train'), data.config('test'), self.length), **(extra or {})}
        return Tuning(CONFIG, work, encoder.name, encoder.weights, context.seed, changes, context.device)
