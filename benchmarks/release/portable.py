"""Weight files that name no path of this machine, and hold what is used."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file
from torch import float16

from zoo.errors import UsageError
from zoo.foreign import LEFT_OUT
from zoo.io import from_json, write_tensors
from zoo.models import Pretrainer
from zoo.objectives import ReconstructPoints
from zoo.objectives.align import Alignment


def training_only(model: Pretrainer) -> list[str]:
    """Objectives that only pretraining runs: they neither reconstruct points nor map a cloud to where texts are."""
    goals = {name: goal for name, goal in model.objectives.items() if isinstance(goal, Alignment)}
    texts = {goal.projection.out_features for goal in goals.values() if goal.modality == 'text'}
    return [
        name
        for name, goal in model.objectives.items()
        if not isinstance(goal, ReconstructPoints)
        and not (name in goals and goals[name].projection.out_features in texts)
    ]


def write_release(path: Path, target: Path, left_out: Sequence[str] = ()) -> None:
    """Write a weight file as it is released: in float16, half as large, and with no files of this machine named.

    Vectors take no room, and among them are variances of 1e-5, which float16 hardly tells apart: they stay as they are,
    and so do counters. A student that learnt from a trained tokenizer says where that was; nobody else has it there.

    Args:
        path: weights as they were trained.
        target: file that is written.
        left_out: objectives whose tensors are not released, see :func:`training_only`.

    Raises:
        UsageError: a number is too large for float16.
    """
    with safe_open(path, 'pt') as file:
        header = dict(file.metadata() or {})
    model = from_json(header.get('model', '{}'))
    for objective in (model.get('objectives') or {}).values():
        if isinstance(objective, dict) and isinstance(objective.get('teacher'), dict):
            objective['teacher'].pop('weights', None)
    if model:
        header['model'] = json.dumps(model, sort_keys=True)
    if left_out:
        header[LEFT_OUT] = ','.join(left_out)
    dropped = tuple(f'objectives.{name}.' for name in left_out)
    kept = {name: tensor for name, tensor in load_file(path).items() if not name.startswith(dropped)}
    for name, tensor in kept.items():
        if tensor.is_floating_point() and tensor.ndim > 1:
            kept[name] = tensor.to(float16)
            if not kept[name].isfinite().all():
                raise UsageError(f'weights {name} have numbers that float16 cannot hold: they cannot be released')
    write_tensors(target, kept, header)
