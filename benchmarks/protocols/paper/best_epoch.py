"""Fine-tuning that reports its best epoch on the test split.

Source: the fine-tuning code released with arXiv 2302.02318, as that of arXiv 2203.06604 before: the test split is
also the validation split, it is measured after every epoch, and the best of up to 300 looks is the result. Traps: the
figure is a maximum over noise, so it grows with the number of epochs and with the spread between them, and most on
small test sets; a tie goes to the earlier epoch; the released code never looks at its first epoch, here all are
looked at. The training is that of :mod:`benchmarks.protocols.finetune` to the last bit, so one run gives both figures
and their difference is the habit alone.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.hooks import Hook

from benchmarks.protocols.finetune import Tuning
from benchmarks.protocols.measurement import Measurement, classified
from benchmarks.records.files import read_array, write_array
from zoo.engine.metrics import overall_accuracy

PROTOCOL = {'name': 'finetune@paper-best-epoch', 'version': 1, 'epoch_selection': 'best_test', 'voting': 'none'}


def finetune_best_epoch(
    config: str | Path,
    work_dir: Path,
    backbone: str,
    weights: str | None,
    seed: int,
    options: Mapping[str, Any],
    device: str | None = None,
) -> Measurement:
    """Train a classifier, look at the test split after every epoch, and report the best.

    Args:
        config: fine-tuning config.
        work_dir: where the run writes; predictions of every epoch are in ``epoch_*.npy``.
        backbone: name of the student.
        weights: pretrained weights; None starts from random ones.
        seed: of initialisation, order and augmentation.
        options: changes to the config, by dotted key.
        device: ``cpu`` or ``cuda``; the GPU where there is one.

    Returns:
        ``oa`` and ``macc`` of the best epoch with its predictions; ``epoch``: which one it was; ``oa_last``: of the
        last epoch, the clean figure of the same run; ``oa_gain``: what the choice adds; ``oa_epoch/<n>``: of all.
    """
    begin = time.perf_counter()
    tuning = Tuning(config, work_dir, backbone, weights, seed, options, device)
    looks = _EveryEpoch(tuning, work_dir)
    # Before the checkpoint: a run that goes on from one finds all epochs up to it.
    tuning.runner.register_hook(looks, priority='HIGH')
    tuning.runner.train()
    try:
        predicted = looks.read(tuning.settings['epochs'])
    except (OSError, ValueError) as error:
        # Of an epoch before an interruption; it cannot be looked at any more.
        logging.getLogger(__name__).warning('predictions in %s are damaged (%s): the run begins anew', work_dir, error)
        shutil.rmtree(work_dir)
        return finetune_best_epoch(config, work_dir, backbone, weights, seed, options, device)
    protocol = {**PROTOCOL, **tuning.settings}
    return chosen_epoch(tuning.labels, predicted, tuning.test.classes, protocol, time.perf_counter() - begin)


class _EveryEpoch(Hook):
    """Keeps the predictions of the test split after every epoch, one file each."""

    def __init__(self, tuning: Tuning, folder: Path) -> None:
        self.tuning, self.folder = tuning, folder

    def after_train_epoch(self, runner: Any) -> None:
        """Predict; the next epoch puts the model back into training mode."""
        write_array(self._path(runner.epoch), self.tuning.predict().astype(np.int32))

    def read(self, epochs: int) -> np.ndarray:
        """Predictions of all epochs (E, T)."""
        return np.stack([read_array(self._path(epoch)) for epoch in range(epochs)])

    def _path(self, epoch: int) -> Path:
        return self.folder / f'epoch_{epoch + 1}.npy'


def chosen_epoch(
    labels: np.ndarray, predicted: np.ndarray, classes: Any, protocol: Mapping[str, Any], seconds: float
) -> Measurement:
    """The measurement of the epoch that is best on the very objects it is reported on.

    Args:
        labels: true classes (T,).
        predicted: predicted classes after every epoch (E, T).
        classes: names by label.
        protocol: settings of the protocol.
        seconds: wall time.
    """
    accuracy = [overall_accuracy(labels, row) for row in predicted]
    best = int(np.argmax(accuracy))
    found = classified(labels, predicted[best].astype(np.int64), classes, protocol, seconds)
    extra = {'oa_last': accuracy[-1], 'oa_gain': accuracy[best] - accuracy[-1], 'epoch': float(best + 1)}
    extra |= {f'oa_epoch/{number}': value for number, value in enumerate(accuracy, 1)}
    return replace(found, metrics={**found.metrics, **extra})
