"""Fine-tuning that reports its best epoch on the test split.

Source: the fine-tuning code released with arXiv 2302.02318, as that of arXiv 2203.06604 before: the test split is
also the validation split, it is measured after every epoch, and the best of up to 300 looks is the result. Traps: the
figure is a maximum over noise, so it grows with the number of epochs and with the spread between them, and most on
small test sets; a tie goes to the earlier epoch; the released code never looks at its first epoch, here all are
looked at. The training is that of :mod:`benchmarks.protocols.finetune` to the last bit, so one run gives both figures
and their difference is the choice alone.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.hooks import Hook

from benchmarks.protocols.base import Context, Data, Student, objects, slower
from benchmarks.protocols.finetune import Finetune, Tuning
from benchmarks.protocols.measurement import Measurement, classified
from benchmarks.records import PredictionLists, Predictions
from benchmarks.records.files import read_array, write_array, write_note
from zoo.engine.metrics import overall_accuracy


@dataclass(frozen=True)
class BestEpoch(Finetune):
    """Fine-tuning that is looked at on the test split after every epoch and reports the best.

    Attributes:
        labels: number of labeled objects, for the guess of time.
    """

    labels: int = 1290

    name, title, literature = 'best_epoch', 'best epoch on test', {}
    recorded = 'finetune@paper-best-epoch'

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess: the training, and a look at the test split after every epoch."""
        looks = self.samples / max(1, self.labels) * objects(settings, 'test')
        return super().seconds(settings) + looks / 1200 * slower(settings)

    def trial(self, encoder: Student, data: Data, context: Context, rate: float) -> Measurement:
        """Train at a rate and look at every epoch; predictions of each are kept in ``epoch_*.npy``."""
        tuning = self.tuning(encoder, data, context, rate)
        files = [context.work / f'epoch_{number + 1}.npy' for number in range(tuning.settings['epochs'])]
        # Before the checkpoint: a run that goes on from one finds all epochs up to it.
        tuning.runner.register_hook(_EveryEpoch(tuning, files), priority='HIGH')
        tuning.runner.train()
        try:
            predicted = np.stack([read_array(file) for file in files])
        except (OSError, ValueError) as error:
            # Of an epoch before an interruption; it cannot be looked at any more.
            message = 'predictions in %s are damaged (%s): the run begins anew'
            logging.getLogger(__name__).warning(message, context.work, error)
            shutil.rmtree(context.work)
            return self.trial(encoder, data, context, rate)
        found = chosen_epoch(tuning.labels, predicted, tuning.test.classes)
        return replace(found, protocol={'epoch_selection': 'best_test', **tuning.settings})

    def kept(
        self, found: Measurement, context: Context, weights: dict[str, str]
    ) -> tuple[dict[str, Any], Sequence[str]]:
        """Predictions and what else the choice among seeds reads."""
        predictions = context.work / 'predictions.json'
        write_note(predictions, PredictionLists.pack(Predictions.of(found.labels, found.predictions)).model_dump())
        file = context.place(predictions)
        figures = {name: found.metrics[name] for name in ('oa', 'oa_last')}
        return {**figures, 'seed': context.seed, 'predictions': file, 'protocol': found.protocol}, [file]


class _EveryEpoch(Hook):
    """Keeps the predictions of the test split after every epoch, one file each."""

    def __init__(self, tuning: Tuning, files: Sequence[Path]) -> None:
        self.tuning, self.files = tuning, files

    def after_train_epoch(self, runner: Any) -> None:
        """Predict; the next epoch puts the model back into training mode."""
        write_array(self.files[runner.epoch], self.tuning.predict().astype(np.int32))


def chosen_epoch(labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> Measurement:
    """The measurement of the epoch that is best on the very objects it is reported on.

    Args:
        labels: true classes (T,).
        predicted: predicted classes after every epoch (E, T).
        classes: names by label.

    Returns:
        ``oa`` and ``macc`` of the best epoch with its predictions; ``epoch``: its number; ``oa_last``: of the last
        epoch, the clean figure of the same run; ``oa_gain``: what the choice adds; ``oa_epoch/<n>``: of all.
    """
    accuracy = [overall_accuracy(labels, row) for row in predicted]
    best = int(np.argmax(accuracy))
    found = classified(labels, predicted[best].astype(np.int64), classes, {})
    extra = {'oa_last': accuracy[-1], 'oa_gain': accuracy[best] - accuracy[-1], 'epoch': float(best + 1)}
    extra |= {f'oa_epoch/{number}': value for number, value in enumerate(accuracy, 1)}
    return replace(found, metrics={**found.metrics, **extra})
