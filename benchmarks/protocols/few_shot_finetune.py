"""Few-shot episodes by full fine-tuning, one run for every fold.

Source: the few-shot protocol of arXiv 2111.14819 as the code released with arXiv 2302.02318 has it: rate 5e-4, 150
epochs with 10 of warm-up, batches of 32, stochastic depth 0.1, turning about the vertical axis although the objects
are those of ModelNet40. Traps: the released code drops the last incomplete batch, so that 5-way 10-shot sees 32 of
its 50 objects in an epoch, gives the head 40 outputs, and reports the best epoch on the queries of every fold; here
every object is seen, the head has as many outputs as there are ways, and the last epoch counts. Deviation over folds
and interval are different numbers, see :mod:`benchmarks.protocols.few_shot`, whose episodes these are.
"""

from __future__ import annotations

import dataclasses
import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.protocols.base import TRAINED, Context, Data, Protocol, Student, slower
from benchmarks.protocols.few_shot import over_folds
from benchmarks.protocols.finetune import CONFIG, HEAD_FASTER, classifier_options, finetune
from benchmarks.protocols.measurement import Measurement
from benchmarks.records.files import read_note, write_note
from zoo.datasets.episodes import few_shot_episodes

RATE, EPOCHS, WARMUP, BATCH_SIZE, DROP_PATH = 5e-4, 150, 10, 32, 0.1
"""Of the released code."""


def batch_size(size: int) -> int:
    """Largest batch up to that of the released code that leaves no batch of one, on which batch norm fails.

    Args:
        size: objects of a support, at least 2.
    """
    return next(number for number in range(min(BATCH_SIZE, size), 1, -1) if size % number != 1)


@dataclass(frozen=True)
class FewShotFinetune(Protocol):
    """Few-shot episodes by full fine-tuning.

    Attributes:
        ways: number of classes of an episode.
        shots: number of support objects of a class.
        queries: number of query objects of a class.
        folds: number of episodes.
        epochs: length of the training of every fold.
    """

    ways: int = 5
    shots: int = 10
    queries: int = 20
    folds: int = 10
    epochs: int = EPOCHS

    name, requires, suite = 'few_shot_finetune', TRAINED, None

    @property
    def column(self) -> str:
        """Header of the column."""
        return f'{self.ways}-way {self.shots}-shot, fine-tuned'

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess: building a run, and its training."""
        return 2 + self.folds * (1.5 + self.epochs * self.ways * self.shots / 140 * slower(settings))

    def run(self, encoder: Student, data: Data, context: Context) -> Measurement:
        """Fine-tune a student on every support and measure it on the queries; folds that are done stay."""
        begin = time.perf_counter()
        train, test = data.config('train'), data.config('test')
        sizes = (self.ways, self.shots, self.queries, self.folds)
        episodes = few_shot_episodes(data.train.labels, data.test.labels, *sizes, context.seed)
        found, settings = [], {}
        for fold, episode in enumerate(episodes):
            kept = context.work / f'fold_{fold}.json'
            result = _kept(kept)
            if result is None:
                support = _episode(train, episode.train_indices, episode.classes)
                query = _episode(test, episode.test_indices, episode.classes)
                run = context.work / f'fold_{fold}'
                options = self.options(encoder, support, query, context.num_points)
                one = finetune(CONFIG, run, encoder.name, encoder.weights, context.seed, options, context.device)
                write_note(kept, {'oa': one.metrics['oa'], 'protocol': one.protocol})
                shutil.rmtree(run)
                result = read_note(kept)
            found.append(float(result['oa']))
            settings = result['protocol']
        own = {'name': self.name, 'version': self.version, **self.settings}
        measured = over_folds(found, {**settings, **own}, time.perf_counter() - begin)
        return dataclasses.replace(measured, config=CONFIG)

    def options(
        self, encoder: Student, support: Mapping[str, Any], query: Mapping[str, Any], num_points: int
    ) -> dict[str, Any]:
        """Changes to the fine-tuning config for one fold."""
        size, epochs = self.ways * self.shots, self.epochs
        return {
            **classifier_options(encoder.name, support, query, epochs * size, num_points, RATE),
            'train_dataloader.batch_size': batch_size(size),
            'train_dataloader.drop_last': False,
            'train_cfg.max_epochs': epochs,
            'param_scheduler': {'by_epoch': True, 'total': epochs, 'warmup': epochs * WARMUP // EPOCHS},
            'model.backbone.drop_path': DROP_PATH,
            'optim_wrapper.paramwise_cfg.lr_scale': HEAD_FASTER,
            'default_hooks.checkpoint.interval': epochs,
        }


def _episode(config: Mapping[str, Any], indices: np.ndarray, classes: tuple[int, ...]) -> dict[str, Any]:
    """Config of one side of an episode."""
    return {
        'type': 'EpisodeDataset',
        'dataset': dict(config),
        'indices': indices.tolist(),
        'classes': [int(label) for label in classes],
    }


def _kept(path: Path) -> dict[str, Any] | None:
    """Note of a fold that is done; None where there is none, or it is no longer what was written, which is said."""
    try:
        return read_note(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        logging.getLogger(__name__).warning('%s is damaged and measured again: %s', path, error)
        return None
