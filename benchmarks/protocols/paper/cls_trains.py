"""MLP-Linear and MLP-3 as released: "frozen" means that everything with "cls" in its name trains.

Source: the code released with arXiv 2302.02318. Besides the head, the class token and its position are trained, all
with ten times the base rate; the rest takes no gradient but stays in training mode. Traps: batch norm therefore moves
towards the downstream data, and stochastic depth (0.2) is on; training clouds are augmented, so features cannot be
computed once; a student without a class query has only its head trained and its batch norm moved. Short runs from
random weights may predict a single class in evaluation although in training mode they do not. The released code also
picks the best epoch on the test split: that habit has a name of its own, here the last epoch counts.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace

from torch import nn

from benchmarks.protocols.base import Context, Data, Student
from benchmarks.protocols.finetune import Finetune
from benchmarks.protocols.measurement import Measurement, classified
from benchmarks.protocols.pretrain import kept_weights

TRAINED = re.compile(r'^head\.|(^|\.)query_(tokens|positions)\.cls$')
"""Parameters whose name has "cls" in it in the released code, as they are called here."""

RATE, SCALE, DROP_PATH = 1e-4, 10.0, 0.2
"""Base rate, its factor for what trains, stochastic depth; of the released code."""


@dataclass(frozen=True)
class ClsTrains(Finetune):
    """MLP-Linear or MLP-3 as released: head and class token train; at the paper's rate unless one was chosen.

    Attributes:
        samples: number of clouds that are seen, rounded to whole epochs.
        recipe: settings of a paper for the data set.
        config: fine-tuning config.
        head: ``linear`` or ``mlp3``.
    """

    head: str = 'linear'

    name, literature = 'cls_trains', {}

    @property
    def column(self) -> str:
        """Header of the column."""
        return {'linear': 'MLP-Linear', 'mlp3': 'MLP-3'}[self.head] + ', class token trains'

    @property
    def recorded(self) -> str:
        """Name in records."""
        return f'{self.head}@paper'

    def run(self, encoder: Student, data: Data, context: Context) -> Measurement:
        """Train head and class token and measure the last epoch; their rate is ten times the optimizer's."""
        begin = time.perf_counter()
        rate, selection = RATE, 'rate of the paper, nothing chosen'
        if 'recipe' in context.inputs:
            rate, selection = self.rate(context)
        own = {
            'model.head': self.head,
            'model.backbone.drop_path': DROP_PATH,
            'optim_wrapper.paramwise_cfg.lr_scale': {'_delete_': True, TRAINED.pattern: SCALE},
        }
        tuning = self.train(encoder, data, context, rate, context.work, own)
        trained = freeze_all_but_cls(tuning.runner.model)
        tuning.runner.train()
        protocol = {
            'name': self.recorded,
            'version': self.version,
            'frozen': 'all but the head, the class token and its position; in training mode',
            'trained': trained,
            **tuning.settings,
            'recipe_selection': selection,
        }
        found = classified(tuning.labels, tuning.predict(), tuning.test.classes, protocol, time.perf_counter() - begin)
        kept_weights(context.work, context.work / 'weights.safetensors', context.out)
        return replace(found, config=self.config)


def freeze_all_but_cls(model: nn.Module) -> list[str]:
    """Let nothing take a gradient but the head, the class token and its position.

    Batch norm and stochastic depth are left as they are: they follow the mode of the model, which trains.

    Returns:
        Names of the parameters that train.
    """
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(bool(TRAINED.search(name)))
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]
