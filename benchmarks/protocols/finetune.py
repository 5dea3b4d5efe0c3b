"""Full fine-tuning.

Source: arXiv 2302.02318, table of ScanObjectNN. Traps: released code selects the best epoch on the test split, reports
the best of several seeds and votes over augmented copies; here the last epoch counts, without voting, for every seed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.protocols.measurement import Measurement, classified
from zoo.engine import build_runner, configure, load_config

PROTOCOL = {'name': 'finetune', 'version': 1, 'epoch_selection': 'last', 'voting': 'none'}


def finetune(
    config: str | Path,
    work_dir: Path,
    backbone: str,
    weights: str | None,
    seed: int,
    options: Mapping[str, Any],
    device: str | None = None,
) -> Measurement:
    """Train a classifier and measure its last epoch on the test split.

    Args:
        config: fine-tuning config.
        work_dir: where the run writes; an interrupted run goes on from its newest checkpoint.
        backbone: name of the student.
        weights: pretrained weights; None starts from random ones.
        seed: of initialisation, order and augmentation.
        options: changes to the config, by dotted key.
        device: ``cpu`` or ``cuda``; the GPU where there is one.
    """
    begin = time.perf_counter()
    fixed = {'randomness.seed': seed, 'train_cfg.val_begin': 10**9}
    loaded = load_config(config, {**options, **fixed})
    # The last epoch counts, so nothing is measured on the way.
    loaded.val_cfg = loaded.val_dataloader = loaded.val_evaluator = None
    loaded.test_evaluator = {'type': 'Accuracy', 'keep_predictions': True}
    runner = build_runner(
        configure(loaded, work_dir=work_dir, resume='auto', weights=weights, backbone=backbone, device=device)
    )
    runner.train()
    runner.test()
    found = runner.test_loop.evaluator.metrics[0].predictions
    classes = runner.test_dataloader.dataset.classes
    protocol = {**PROTOCOL, **_settings(loaded)}
    return classified(found['label'], found['pred'], classes, protocol, time.perf_counter() - begin)


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
