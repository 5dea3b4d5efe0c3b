"""Full fine-tuning.

Source: arXiv 2302.02318, table of ScanObjectNN. Traps: released code selects the best epoch on the test split, reports
the best of several seeds and votes over augmented copies; here the last epoch counts, without voting, for every seed.
Everything but the rate is fixed; the rate is chosen for every row on objects that are in no test split, unless a paper
gives it. One that suits random weights spoils pretrained ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.protocols.base import TRAINED, Context, Data, Protocol, Student, slower
from benchmarks.protocols.features import extract_features
from benchmarks.protocols.measurement import Measurement, classified
from benchmarks.protocols.pretrain import kept_weights, leave_damaged
from zoo.config import load_config
from zoo.engine import build_runner, configure
from zoo.errors import UsageError
from zoo.hub import backbone_config
from zoo.registry import DATASETS

CONFIG = 'configs/finetune/procedural.py'

WHOLE = 2.0
"""How much more the larger students slow down in fine-tuning, which masks nothing."""

HEAD_FASTER = {'head.': 10.0, r'^head\.|\.query_(tokens|positions)\.cls$': 10.0}
"""Rates of the head and the class token in released code, relative to the others."""


class Tuning:
    """One fine-tuning run, built and not yet started.

    The test set is no part of the run: the classifier is given its points alone, see :mod:`.features`, so that nothing
    in a model's own evaluation can read a label.

    Attributes:
        runner: runner of the training; an interrupted run goes on from its newest checkpoint.
        test: dataset that is measured on.
        settings: settings of the config that a reader needs to know.

    Args:
        config: fine-tuning config.
        encoder: student that training starts from.
        options: changes to the config, by dotted key.
        context: folder of the run, random seed of initialization, order and augmentation, and device.
    """

    def __init__(self, config: str | Path, encoder: Student, options: Mapping[str, Any], context: Context) -> None:
        loaded = load_config(config, {**options, 'randomness.seed': context.seed, 'train_cfg.val_begin': 10**9})
        self.test = DATASETS.build(loaded.test_dataloader.dataset.to_dict())
        self._transforms = [dict(step) for step in loaded.data_preprocessor.test]
        for part in ('val', 'test'):
            loaded[f'{part}_cfg'] = loaded[f'{part}_dataloader'] = loaded[f'{part}_evaluator'] = None
        leave_damaged(context.work)
        configure(
            loaded,
            work_dir=context.work,
            resume='auto',
            weights=encoder.weights,
            backbone=encoder.name,
            device=context.device,
        )
        self.runner = build_runner(loaded)
        self.settings = {
            'epochs': loaded.train_cfg.max_epochs,
            'batch_size': loaded.train_dataloader.batch_size,
            'lr': loaded.optim_wrapper.optimizer.lr,
            'weight_decay': loaded.optim_wrapper.optimizer.weight_decay,
            'augmentation': [step['type'] for step in loaded.data_preprocessor.train],
            'points': self._transforms[0].get('num_points'),
            'head': loaded.model.get('head', 'mlp3'),
        }

    @property
    def labels(self) -> np.ndarray:
        """True classes of the test set (T,)."""
        return np.asarray(self.test.labels, dtype=np.int64)

    def predict(self) -> np.ndarray:
        """Predicted classes of the test set (T,) by the weights of now."""
        logits, _ = extract_features(self.runner.model, self.test, self._transforms, device=self.runner.device)
        return logits.argmax(axis=1)

    def last_epoch(self) -> Measurement:
        """Train a classifier and measure its last epoch on the test split."""
        self.runner.train()
        return classified(self.labels, self.predict(), self.test.classes, self.settings)


def lasting(samples: int, size: int, batch_size: int, rate: float) -> dict[str, Any]:
    """Changes to a config: batches, rate, and as many whole epochs as come nearest to a number of clouds.

    Args:
        samples: number of clouds that are seen.
        size: number of clouds of the dataset.
        batch_size: number of clouds of a step.
        rate: peak learning rate.
    """
    epochs = max(1, round(samples / size))
    steps = epochs * max(1, size // batch_size)
    return {
        'train_dataloader.batch_size': batch_size,
        'train_cfg.max_epochs': epochs,
        'optim_wrapper.optimizer.lr': rate,
        'param_scheduler': {'by_epoch': False, 'total': steps, 'warmup': steps // 10},
        'default_hooks.checkpoint.interval': max(1, epochs // 4),
    }


@dataclass(frozen=True)
class Finetune(Protocol):
    """Full fine-tuning, measured at the last epoch.

    Attributes:
        samples: number of clouds that are seen, rounded to whole epochs.
        recipe: settings of a paper for the data set; None chooses the rate before, see ``rate``.
        config: fine-tuning config.
    """

    samples: int = 8_000
    recipe: Mapping[str, Any] | None = None
    config: str = CONFIG

    name, requires, suite, title = 'finetune', TRAINED, None, 'fine-tuned'
    version = 2
    chosen_by = 'accuracy'
    literature = {'full': 'finetune', 'scratch': 'finetune'}

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess of one fine-tuning."""
        slow = slower(settings)
        return 4 + self.samples / 200 * slow * (WHOLE if slow > 1 else 1)

    def rate(self, context: Context) -> tuple[float, dict[str, Any]]:
        """Learning rate, and what a record says of its choice."""
        if chosen := context.inputs.get('recipe'):
            return chosen['rate'], {'recipe_selection': chosen['selection'], 'recipe_tried': chosen.get('tried', {})}
        paper: Any = self.recipe or {}  # of parts it has no rate: their config does
        return paper.get('rate'), {'recipe_selection': 'settings of the paper, nothing chosen'}

    def options(self, encoder: Student, data: Data, context: Context, rate: float) -> dict[str, Any]:
        """Changes to the config that fit it to a student, data and rate, with the settings of a paper where given.

        Raises:
            UsageError: an augmentation that is not known.
        """
        paper, chosen = self.recipe or {}, {'type': 'FPSSubsample', 'num_points': context.num_points}
        augmentation = paper.get('augmentation', 'RandomRotateGravity')
        if augmentation not in ('RandomRotateGravity', 'RandomScaleTranslate'):
            raise UsageError(f'fine-tuning knows no augmentation {augmentation!r}')
        own = backbone_config(encoder.name)
        options = {
            **lasting(self.samples, len(data.train), 32, rate),
            'train_dataloader.dataset': {**data.config('train'), '_delete_': True},
            'test_dataloader.dataset': {**data.config('test'), '_delete_': True},
            'data_preprocessor.train': [
                {**chosen, 'oversample': context.num_points * 600 // 512},
                {'type': 'UnitSphere'},
                {'type': augmentation},
            ],
            'data_preprocessor.test': [chosen, {'type': 'UnitSphere'}],
            'model.num_classes': len(data.train.classes),
            **{
                f'model.backbone.{key}': paper.get(key.replace('num_', ''), own[key])
                for key in ('num_groups', 'group_size')
                if key in own
            },
        }
        if not paper:
            return options
        return {
            **options,
            'train_cfg.max_epochs': paper['epochs'],
            'train_dataloader.batch_size': paper['batch_size'],
            'param_scheduler': {'by_epoch': True, 'total': paper['epochs'], 'warmup': paper['warmup']},
            'model.backbone.drop_path': paper['drop_path'],
            'optim_wrapper.paramwise_cfg.lr_scale': HEAD_FASTER,
            'default_hooks.checkpoint.interval': 10,
        }

    def tuning(self, encoder: Student, data: Data, context: Context, rate: float) -> Tuning:
        """A training that has not begun."""
        return Tuning(self.config, encoder, self.options(encoder, data, context, rate), context)

    def trial(self, encoder: Student, data: Data, context: Context, rate: float) -> Measurement:
        """Train at a rate and measure the last epoch."""
        return self.tuning(encoder, data, context, rate).last_epoch()

    def run(self, encoder: Student, data: Data, context: Context) -> Measurement:
        """Train, measure, and keep what :meth:`kept` says."""
        rate, said = self.rate(context)
        found = self.trial(encoder, data, context, rate)
        found = dataclasses.replace(found, protocol={**found.protocol, **said}, config=self.config)
        weights = kept_weights(context.work, context.work / 'weights.safetensors', context.out)
        value, files = self.kept(found, context, weights)
        return dataclasses.replace(found, value={**value, 'pretrained': context.inputs.get('weights')}, files=files)

    def kept(
        self, found: Measurement, context: Context, weights: dict[str, str]
    ) -> tuple[dict[str, Any], Sequence[str]]:
        """What other jobs may read, in JSON, and the files of it: the trained model, for protocols that need one.

        Args:
            found: measurement of the trained model.
            context: settings of the run.
            weights: path and hash of its weights.
        """
        config = context.place(context.work / Path(self.config).name)
        return {**weights, 'config': config}, [weights['weights'], config]
