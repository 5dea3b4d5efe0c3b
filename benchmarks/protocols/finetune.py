"""Full fine-tuning.

Source: arXiv 2302.02318, table of ScanObjectNN. Traps: released code selects the best epoch on the test split, reports
the best of several seeds and votes over augmented copies; here the last epoch counts, without voting, for every seed.
Everything but the rate is fixed; the rate is chosen on objects that are in no test split, unless a paper gives it.
"""

from __future__ import annotations

import dataclasses
import time
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
    chosen_by = 'accuracy'
    literature = {'full': 'finetune', 'scratch': 'finetune'}

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess of one fine-tuning."""
        slow = slower(settings)
        return 4 + self.samples / 200 * slow * (WHOLE if slow > 1 else 1)

    def rate(self, context: Context) -> tuple[float, str]:
        """Learning rate, and how it was chosen."""
        given: dict[str, Any] = {
            'rate': (self.recipe or {}).get('rate'),
            'selection': 'settings of the paper, nothing chosen',
        }
        found = context.inputs.get('recipe') or given
        return found['rate'], found['selection']

    def train(
        self,
        encoder: Student,
        data: Data,
        context: Context,
        rate: float,
        work: Path,
        extra: Mapping[str, Any] | None = None,
    ) -> Tuning:
        """A training that has not begun.

        Args:
            encoder: what is fine-tuned.
            data: what it learns from and is measured on.
            context: where and how.
            rate: peak learning rate.
            work: folder of the run.
            extra: further changes to the config.
        """
        options = classifier_options(
            encoder.name, data.config('train'), data.config('test'), self.samples, context.num_points, rate, self.recipe
        )
        options |= extra or {}
        return Tuning(self.config, work, encoder.name, encoder.weights, context.seed, options, context.device)

    def trial(self, encoder: Student, data: Data, context: Context, rate: float, work: Path) -> Measurement:
        """Train at a rate and measure the last epoch."""
        begin = time.perf_counter()
        return last_epoch(self.train(encoder, data, context, rate, work), begin)

    def run(self, encoder: Student, data: Data, context: Context) -> Measurement:
        """Train, measure, and keep what :meth:`kept` says."""
        rate, selection = self.rate(context)
        found = self.trial(encoder, data, context, rate, context.work)
        found = dataclasses.replace(
            found, protocol={**found.protocol, 'recipe_selection': selection}, config=self.config
        )
        weights = kept_weights(context.work, context.work / 'weights.safetensors', context.out)
        value, files = self.kept(found, context, weights)
        return dataclasses.replace(found, value={**value, 'pretrained': context.inputs.get('weights')}, files=files)

    def kept(
        self, found: Measurement, context: Context, weights: dict[str, str]
    ) -> tuple[dict[str, Any], Sequence[str]]:
        """What other jobs may read, in JSON, and the files of it: the trained model, for protocols that need one.

        Args:
            found: measurement.
            context: where and how it was measured.
            weights: path and hash of the weights.
        """
        config = context.place(context.work / Path(self.config).name)
        return {**weights, 'config': config}, [weights['weights'], config]


def finetune_options(
    train: Mapping[str, Any], test: Mapping[str, Any], samples: int, num_points: int, rate: float
) -> dict[str, Any]:
    """Changes to the config: data, points, rate, and as many whole epochs as come nearest to ``samples`` clouds.

    Args:
        train: config of the labelled objects.
        test: config of what is measured on.
        samples: number of clouds that are seen.
        num_points: number of points of a cloud.
        rate: peak learning rate.
    """
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


def classifier_options(
    student: str,
    train: Mapping[str, Any],
    test: Mapping[str, Any],
    samples: int,
    num_points: int,
    rate: float,
    paper: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Changes to the config that fit it to a student, with the settings of a paper where there are some.

    Args:
        student: name of the student.
        train: config of the labelled objects.
        test: config of what is measured on.
        samples: number of clouds that are seen, where no paper says how many epochs.
        num_points: number of points of a cloud.
        rate: peak learning rate.
        paper: settings of a paper.

    Raises:
        UsageError: an augmentation that is not known.
    """
    options = finetune_options(train, test, samples, num_points, rate)
    options['default_hooks.checkpoint.interval'] = max(1, options['train_cfg.max_epochs'] // 4)
    own = backbone_config(student)
    for key in (key for key in ('num_groups', 'group_size') if key in own):
        options[f'model.backbone.{key}'] = (paper or {}).get(key.replace('num_', ''), own[key])
    if not paper:
        return options
    if paper['augmentation'] not in ('RandomRotateGravity', 'RandomScaleTranslate'):
        raise UsageError(f'fine-tuning knows no augmentation {paper["augmentation"]!r}')
    options['data_preprocessor.train'][-1] = {'type': paper['augmentation']}
    return {
        **options,
        'train_cfg.max_epochs': paper['epochs'],
        'train_dataloader.batch_size': paper['batch_size'],
        'param_scheduler': {'by_epoch': True, 'total': paper['epochs'], 'warmup': paper['warmup']},
        'model.backbone.drop_path': paper['drop_path'],
        'optim_wrapper.paramwise_cfg.lr_scale': HEAD_FASTER,
        'default_hooks.checkpoint.interval': 10,
    }


class Tuning:
    """One fine-tuning run, built and not yet started.

    The test set is no part of the run: the classifier is given its points alone, see :mod:`.features`, so that nothing
    in a model's own evaluation can read a label.

    Attributes:
        runner: trains; an interrupted run goes on from its newest checkpoint.
        test: dataset that is measured on.
        settings: what a reader needs to know of the config.

    Args:
        config: fine-tuning config.
        work_dir: where the run writes.
        backbone: name of the student.
        weights: pretrained weights; None starts from random ones.
        seed: of initialisation, order and augmentation.
        options: changes to the config, by dotted key.
        device: ``cpu`` or ``cuda``; the GPU where there is one.
    """

    def __init__(
        self,
        config: str | Path,
        work_dir: Path,
        backbone: str,
        weights: str | None,
        seed: int,
        options: Mapping[str, Any],
        device: str | None = None,
    ) -> None:
        fixed = {'randomness.seed': seed, 'train_cfg.val_begin': 10**9}
        loaded = load_config(config, {**options, **fixed})
        self.test = DATASETS.build(loaded.test_dataloader.dataset.to_dict())
        self._transforms = [dict(step) for step in loaded.data_preprocessor.test]
        for part in ('val', 'test'):
            loaded[f'{part}_cfg'] = loaded[f'{part}_dataloader'] = loaded[f'{part}_evaluator'] = None
        leave_damaged(work_dir)
        self.runner = build_runner(
            configure(loaded, work_dir=work_dir, resume='auto', weights=weights, backbone=backbone, device=device)
        )
        self.settings = _settings(loaded)

    @property
    def labels(self) -> np.ndarray:
        """True classes of the test set (T,)."""
        return np.asarray(self.test.labels, dtype=np.int64)

    def predict(self) -> np.ndarray:
        """Predicted classes of the test set (T,) by the weights of now."""
        logits, _ = extract_features(self.runner.model, self.test, self._transforms, device=self.runner.device)
        return logits.argmax(axis=1)


def last_epoch(tuning: Tuning, begin: float) -> Measurement:
    """Train a classifier and measure its last epoch on the test split.

    Args:
        tuning: training that has not begun.
        begin: time at which it began to be built.
    """
    tuning.runner.train()
    protocol = {'name': Finetune.name, 'version': Finetune.version, **tuning.settings}
    return classified(tuning.labels, tuning.predict(), tuning.test.classes, protocol, time.perf_counter() - begin)


def finetune(
    config: str | Path,
    work_dir: Path,
    backbone: str,
    weights: str | None,
    seed: int,
    options: Mapping[str, Any],
    device: str | None = None,
) -> Measurement:
    """Train a classifier and measure its last epoch on the test split; see :class:`Tuning` for the arguments."""
    begin = time.perf_counter()
    return last_epoch(Tuning(config, work_dir, backbone, weights, seed, options, device), begin)


def _settings(config: Any) -> dict[str, Any]:
    """What a reader needs to know of the config."""
    preprocessor = config.data_preprocessor
    return {
        'epochs': config.train_cfg.max_epochs,
        'batch_size': config.train_dataloader.batch_size,
        'lr': config.optim_wrapper.optimizer.lr,
        'weight_decay': config.optim_wrapper.optimizer.weight_decay,
        'augmentation': [step['type'] for step in preprocessor.train],
        'points': preprocessor.test[0].get('num_points'),
        'head': config.model.get('head', 'mlp3'),
    }
