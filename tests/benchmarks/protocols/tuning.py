"""Fine-tuning in a second: boxes of three proportions, a nano student with eight small patches."""

from __future__ import annotations

import numpy as np

from benchmarks.protocols.base import Context, Data
from benchmarks.protocols.finetune import CONFIG, Finetune, Tuning
from tests.layouts import write_pack

POINTS = 32

__all__ = ['CONFIG', 'POINTS', 'Small', 'boxes', 'tuning']


def boxes(tmp_path, num_objects=60, noise=0.5):
    """Configs of the training and the test split."""
    generator = np.random.default_rng(1)
    sides = np.array([[1, 1, 1], [1, 0.3, 1], [0.3, 1, 0.3]])[np.arange(num_objects) % 3][:, None]
    clouds = generator.uniform(-1, 1, (num_objects, 48, 3)) * (sides + noise * generator.random((num_objects, 1, 3)))
    path = write_pack(tmp_path / 'boxes.npz', num_objects, pts=clouds.astype(np.float16))
    return tuple({'type': 'ShapePack', 'points': str(path), 'split': split} for split in ('train', 'test'))


class Small:
    """Before a fine-tuning protocol: changes that make it small."""

    length = 3

    def options(self, encoder, data, context, rate):
        return {
            **super().options(encoder, data, context, rate),
            'train_dataloader.batch_size': 16,
            'train_cfg.max_epochs': self.length,
            'model.backbone.num_groups': 8,
            'model.backbone.group_size': 8,
            'default_hooks.checkpoint.interval': 1,
        }


class SmallFinetune(Small, Finetune):
    """Fine-tuning, small."""


def tuning(encoder, train, test, work, seed=1, epochs=3, **changes):
    """A small training that has not begun."""
    protocol, context = SmallFinetune(epochs * 48), Context(POINTS, seed, work=work)
    protocol.__class__.length = epochs
    options = {**protocol.options(encoder, Data(train, test), context, 3e-3), **changes}
    return Tuning(CONFIG, encoder, options, context)
