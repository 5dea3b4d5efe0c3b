"""Full fine-tuning.

Source: arXiv 2302.02318, table of ScanObjectNN. Traps: released code selects the best epoch on the test split, reports
the best of several seeds and votes over augmented copies; here the last epoch counts, without voting, for every seed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.protocols.features import extract_features
from benchmarks.protocols.measurement import Measurement, classified
from benchmarks.protocols.pretrain import leave_damaged
from zoo.config import load_config
from zoo.engine import build_runner, configure
from zoo.registry import DATASETS

PROTOCOL = {'name': 'finetune', 'version': 1, 'epoch_selection': 'last', 'voting': 'none'}


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
    tuning = Tuning(config, work_dir, backbone, weights, seed, options, device)
    tuning.runner.train()
    protocol = {**PROTOCOL, **tuning.settings}
    return classified(tuning.labels, tuning.predict(), tuning.test.classes, protocol, time.perf_counter() - begin)


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
