"""The fine-tuning recipe of a study: its length is given, its rate is chosen on held-out training objects."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.protocols.finetune import finetune
from benchmarks.studies.packs import Pack
from zoo.registry import DATASETS

CONFIG = 'configs/finetune/procedural.py'
HELD_OUT = 0.2
SEED = 1000
"""Share of the training objects that the rate is chosen on, and the seed of that draw; no study repeats the seed."""


@dataclass(frozen=True)
class Recipe:
    """How students are fine-tuned.

    Attributes:
        config: what is changed by the options.
        rate: peak learning rate.
        selection: how the rate was chosen, with every accuracy that was looked at.
    """

    config: str
    rate: float
    selection: str


def choose_rate(pack: Pack, student: str, rates: tuple[float, ...], samples: int, num_points: int, out: Path) -> Recipe:
    """Fine-tune random weights at every rate on four fifths of the training objects, and keep the best on the rest.

    No test object and no pretrained weight has a say. The choice is kept in ``out/recipe.json``.

    Args:
        pack: data with a training split.
        student: whose random weights are trained.
        rates: to choose from; a single one is taken as it is.
        samples: clouds seen.
        num_points: points per cloud.
        out: folder of the study.
    """
    path = out / 'recipe.json'
    if path.is_file():
        return Recipe(**json.loads(path.read_text(encoding='utf-8')))
    if len(rates) == 1:
        return Recipe(CONFIG, rates[0], 'rate given, nothing chosen')
    train, val = pack.held_out(HELD_OUT, SEED)
    found = {}
    for rate in rates:
        options = finetune_options(train, val, samples, num_points, rate)
        run = out / 'runs' / f'rate_{rate:g}'
        found[rate] = finetune(CONFIG, run, student, None, SEED, options).metrics['oa']
        print(f'rate {rate:g}: {found[rate]:.1f} % on held-out training objects', flush=True)
    tried = ', '.join(f'{rate:g}: {accuracy:.1f}' for rate, accuracy in found.items())
    selection = (
        f'rate by accuracy (%) of random {student} weights on {HELD_OUT:.0%} of the training objects of {pack.name}, '
        f'held out, one run each ({tried}); no test object was looked at'
    )
    recipe = Recipe(CONFIG, max(found, key=found.__getitem__), selection)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f'.{os.getpid()}.tmp')
    temporary.write_text(json.dumps(asdict(recipe), indent=1), encoding='utf-8')
    temporary.replace(path)
    return recipe


def finetune_options(
    train: Mapping[str, Any], test: Mapping[str, Any], samples: int, num_points: int, rate: float
) -> dict[str, Any]:
    """Changes to the config: data, points, rate, and as many whole epochs as come nearest to ``samples`` clouds."""
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
