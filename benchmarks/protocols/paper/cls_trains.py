"""MLP-Linear and MLP-3 as released: "frozen" means that everything with "cls" in its name trains.

Source: the code released with arXiv 2302.02318. Besides the head, the class token and its position are trained, all
with ten times the base rate; the rest takes no gradient but stays in training mode. Traps: batch norm therefore moves
towards the downstream data, and stochastic depth (0.2) is on; training clouds are augmented, so features cannot be
computed once; a student without a class query has only its head trained and its batch norm moved. Short runs from
random weights may predict a single class in evaluation although in training mode they do not. The released code also
picks the best epoch on the test split: that choice has a name of its own, here the last epoch counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from benchmarks.protocols.base import Context, Data, Student
from benchmarks.protocols.finetune import Finetune
from benchmarks.protocols.measurement import Measurement
from benchmarks.protocols.probe import HEADS

TRAINED = re.compile(r'^head\.|(^|\.)query_(tokens|positions)\.cls$')
"""Parameters whose name has "cls" in it in the released code, as they are called here."""

RATE, SCALE, DROP_PATH = 1e-4, 10.0, 0.2
"""Base rate, its factor for what trains, stochastic depth; of the released code."""


@dataclass(frozen=True)
class ClsTrains(Finetune):
    """MLP-Linear or MLP-3 as released: head and class token train; at the paper's rate unless one was chosen.

    Attributes:
        head: ``linear`` or ``mlp3``.
    """

    head: str = 'linear'

    name, literature = 'cls_trains', {}

    @property
    def column(self) -> str:
        """Header of the column."""
        return f'{HEADS[self.head]}, class token trains'

    @property
    def recorded(self) -> str:
        """Name in records."""
        return f'{self.head}@paper'

    def rate(self, context: Context) -> tuple[float, dict[str, Any]]:
        """Learning rate, and what a record says of its choice."""
        if 'recipe' in context.inputs:
            return super().rate(context)
        return RATE, {'recipe_selection': 'rate of the paper, nothing chosen'}

    def options(self, encoder: Student, data: Data, context: Context, rate: float) -> dict[str, Any]:
        """Changes to the config; the rate of what trains is ten times the optimizer's."""
        return {
            **super().options(encoder, data, context, rate),
            'model.head': self.head,
            'model.backbone.drop_path': DROP_PATH,
            'optim_wrapper.paramwise_cfg.lr_scale': {'_delete_': True, TRAINED.pattern: SCALE},
        }

    def trial(self, encoder: Student, data: Data, context: Context, rate: float) -> Measurement:
        """Train head and class token at a rate and measure the last epoch."""
        tuning = self.tuning(encoder, data, context, rate)
        own = {
            'frozen': 'all but the head, the class token and its position; in training mode',
            'trained': freeze_all_but_cls(tuning.runner.model),
        }
        found = tuning.last_epoch()
        return replace(found, protocol={**own, **found.protocol})

    def kept(
        self, found: Measurement, context: Context, weights: dict[str, str]
    ) -> tuple[dict[str, Any], Sequence[str]]:
        """Nothing that other jobs read."""
        return {}, ()


def freeze_all_but_cls(model: nn.Module) -> list[str]:
    """Let nothing take a gradient but the head, the class token and its position.

    Batch norm and stochastic depth are left as they are: they follow the mode of the model, which trains.

    Returns:
        Names of the parameters that train.
    """
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(bool(TRAINED.search(name)))
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]
