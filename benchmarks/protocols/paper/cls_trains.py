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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from benchmarks.protocols.finetune import Tuning
from benchmarks.protocols.measurement import Measurement, classified

TRAINED = re.compile(r'^head\.|(^|\.)query_(tokens|positions)\.cls$')
"""Parameters whose name has "cls" in it in the released code, as they are called here."""

RATE, SCALE, DROP_PATH = 1e-4, 10.0, 0.2
"""Base rate, its factor for what trains, stochastic depth; of the released code."""


def measure_cls_trains(
    config: str | Path,
    work_dir: Path,
    backbone: str,
    weights: str | None,
    seed: int,
    options: Mapping[str, Any],
    head: str = 'linear',
    device: str | None = None,
) -> Measurement:
    """Train head and class token of a classifier and measure the last epoch.

    Args:
        config: fine-tuning config.
        work_dir: where the run writes; an interrupted run goes on from its newest checkpoint.
        backbone: name of the student.
        weights: pretrained weights; None starts from random ones.
        seed: of initialisation, order and augmentation.
        options: changes to the config, by dotted key; the rate of what trains is ten times that of the optimizer.
        head: ``linear`` or ``mlp3``.
        device: ``cpu`` or ``cuda``; the GPU where there is one.
    """
    begin = time.perf_counter()
    own = {
        'model.head': head,
        'model.backbone.drop_path': DROP_PATH,
        'optim_wrapper.paramwise_cfg.lr_scale': {'_delete_': True, TRAINED.pattern: SCALE},
    }
    tuning = Tuning(config, work_dir, backbone, weights, seed, {**options, **own}, device)
    trained = freeze_all_but_cls(tuning.runner.model)
    tuning.runner.train()
    protocol = {
        'name': f'{head}@paper',
        'version': 1,
        'frozen': 'all but the head, the class token and its position; in training mode',
        'trained': trained,
        **tuning.settings,
    }
    return classified(tuning.labels, tuning.predict(), tuning.test.classes, protocol, time.perf_counter() - begin)


def freeze_all_but_cls(model: nn.Module) -> list[str]:
    """Let nothing take a gradient but the head, the class token and its position.

    Batch norm and stochastic depth are left as they are: they follow the mode of the model, which trains.

    Returns:
        Names of the parameters that train.
    """
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(bool(TRAINED.search(name)))
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]
