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
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.protocols.base import TRAINED, Context, Data, Student, slower
from benchmarks.protocols.few_shot import Episodes, over_folds
from benchmarks.protocols.finetune import CONFIG, Finetune, Tuning
from benchmarks.protocols.measurement import Measurement
from benchmarks.records.files import read_note, write_note

RATE, EPOCHS, WARMUP, BATCH_SIZE, DROP_PATH = 5e-4, 150, 10, 32, 0.1
"""Of the released code."""


def batch_size(size: int) -> int:
    """Largest batch up to that of the released code that leaves no batch of one, on which batch norm fails."""
    return next(number for number in range(min(BATCH_SIZE, size), 1, -1) if size % number != 1)


@dataclass(frozen=True)
class FewShotFinetune(Episodes):
    """Few-shot episodes by full fine-tuning.

    Attributes:
        epochs: length of the training of every fold.
    """

    epochs: int = EPOCHS

    name, requires = 'few_shot_finetune', TRAINED

    @property
    def column(self) -> str:
        """Header of the column."""
        return f'{super().column}, fine-tuned'

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess: building a run, and its training."""
        return 2 + self.folds * (1.5 + self.epochs * self.ways * self.shots / 140 * slower(settings))

    def run(self, encoder: Student, data: Data, context: Context) -> Measurement:
        """Fine-tune a student on every support and measure it on the queries; folds that are done stay."""
        folds = []
        for number, episode in enumerate(self.episodes(data.train.labels, data.test.labels, context.seed)):
            classes = [int(label) for label in episode.classes]
            support, queries = (
                {
                    'type': 'EpisodeDataset',
                    'dataset': data.config(split),
                    'indices': indices.tolist(),
                    'classes': classes,
                }
                for split, indices in (('train', episode.train_indices), ('test', episode.test_indices))
            )
            folds.append(self.fold(number, encoder, Data(support, queries), context))
        measured = over_folds([fold['oa'] for fold in folds], {**folds[-1]['protocol'], **self.settings})
        return dataclasses.replace(measured, config=CONFIG)

    def fold(self, number: int, encoder: Student, data: Data, context: Context) -> dict[str, Any]:
        """OA and settings of one fold, which are noted, so that they are measured once."""
        note, work = context.work / f'fold_{number}.json', context.work / f'fold_{number}'
        try:
            return read_note(note)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            logging.getLogger(__name__).warning('%s is damaged and measured again: %s', note, error)
        context = dataclasses.replace(context, work=work)
        found = Tuning(CONFIG, encoder, self.options(encoder, data, context), context).last_epoch()
        write_note(note, {'oa': found.metrics['oa'], 'protocol': found.protocol})
        shutil.rmtree(work)
        return read_note(note)

    def options(self, encoder: Student, data: Data, context: Context) -> dict[str, Any]:
        """Changes to the fine-tuning config for one fold."""
        size, epochs = self.ways * self.shots, self.epochs
        released = {
            'augmentation': 'RandomRotateGravity',
            'epochs': epochs,
            'warmup': epochs * WARMUP // EPOCHS,
            'batch_size': batch_size(size),
            'drop_path': DROP_PATH,
        }
        return {
            **Finetune(epochs * size, released).options(encoder, data, context, RATE),
            'train_dataloader.drop_last': False,
            'default_hooks.checkpoint.interval': epochs,
        }
