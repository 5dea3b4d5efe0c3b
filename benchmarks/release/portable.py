"""Settings of jobs that mean the same on another machine, and weight files that name no path of this one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, float16

from benchmarks.suites.data import PACKS, pack_root
from zoo.errors import UsageError
from zoo.foreign import LEFT_OUT
from zoo.io import from_json, write_tensors
from zoo.models import Pretrainer
from zoo.objectives import ReconstructPoints
from zoo.objectives.align import Alignment

PLACE = '$ZOO_PACKS/'
"""Stands for the folder of packs."""


def portable(value: Any) -> Any:
    """Settings with the folder of packs left open.

    Raises:
        UsageError: another path of this machine is in them.
    """
    if isinstance(value, Mapping):
        return {key: portable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [portable(entry) for entry in value]
    if not isinstance(value, str) or not os.path.isabs(value):  # noqa: PTH117 (a text, perhaps no path)
        return value
    parts = Path(value).parts
    folders = {place.split('/')[0] for place, *_ in PACKS.values()}
    found = [place for place, part in enumerate(parts) if part in folders]
    if not found:
        raise UsageError(f'settings of a job name {value}, which is no pack: such results cannot be measured elsewhere')
    return PLACE + '/'.join(parts[found[-1] :])


def localised(value: Any, packs: Path | None = None) -> Any:
    """What :func:`portable` left open, filled in.

    Args:
        value: settings.
        packs: folder of packs; ``$ZOO_PACKS`` by default.

    Raises:
        UsageError: a pack is needed and is not there.
    """
    if isinstance(value, Mapping):
        return {key: localised(entry, packs) for key, entry in value.items()}
    if isinstance(value, list):
        return [localised(entry, packs) for entry in value]
    if not isinstance(value, str) or not value.startswith(PLACE):
        return value
    inside, root = value.removeprefix(PLACE), pack_root(packs)
    if root is None or not (root / inside).is_file():
        raise UsageError(f'pack {inside} is not there: put it into a folder and name it with --packs or $ZOO_PACKS')
    return str(root / inside)


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

    A student that learnt from a trained tokenizer says where that was; nobody else has it there.

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
    write_tensors(target, {name: _rounded(name, tensor) for name, tensor in kept.items()}, header)


def _rounded(name: str, tensor: Tensor) -> Tensor:
    """Matrices as float16; counters stay as they are, and so do vectors.

    They take no room, and among them are variances of 1e-5, which float16 hardly tells apart.
    """
    if not tensor.is_floating_point() or tensor.ndim < 2:
        return tensor
    rounded = tensor.to(float16)
    if not rounded.isfinite().all():
        raise UsageError(f'weights {name} have numbers that float16 cannot hold: they cannot be released')
    return rounded
