"""What is looked at: some clouds of a dataset, and a model with its weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zoo.datasets.catalogue.target import parse_options, resolve_target
from zoo.errors import UsageError
from zoo.registry import DATASETS
from zoo.transforms import FPSSubsample, UnitSphere

RANDOM = 'random'
"""Name of weights that nothing was trained for."""


def load_model(source: str, weights: str | None = None, device: str = 'cpu') -> tuple[Any, str]:
    """A model in eval mode, and what its weights are.

    Args:
        source: name, config or file, see :func:`zoo.get_model`.
        weights: model name, path or address; ``random``; None takes those of the index or of the file, random ones for
            a config or a name without weights.
        device: device of the model.

    Raises:
        UsageError: it cannot be built or loaded.
    """
    from zoo.hub import get_model
    from zoo.hub.index import entries
    from zoo.models import PointModel

    entry = entries().get(source)
    own = Path(source).suffix == '.safetensors' or bool(entry and entry.sources)
    chosen: Any = own if weights is None else False if weights == RANDOM else weights
    model = get_model(source, pretrained=chosen, device=device)
    if not isinstance(model, PointModel):
        raise UsageError(f'{source} is a {type(model).__name__} without a student: choose a pretraining method')
    return model, f'weights {weights or source}' if chosen else 'random weights'


def load_objects(name: str, objects: Sequence[int], options: Sequence[str] = (), among: int = 0) -> Any:
    """Some objects of the test split of a dataset, or of its last part where it has none.

    Args:
        name: dataset as ``tools/data.py`` takes it: a name of the catalogue, a pack, a folder.
        objects: positions.
        options: arguments of the dataset as ``KEY=VALUE``, such as ``up=z`` of a mesh folder.
        among: number of objects from the first on, or as many as there are, in the place of ``objects``, which have to
            be among them; 0 for ``objects``.

    Raises:
        UsageError: the dataset is not there, or has no such object.
    """
    parts = resolve_target(name, options=parse_options(options)).parts
    if not parts or not objects:
        raise UsageError(f'{name} has no clouds to draw: name a dataset of tools/data.py list, a pack or a mesh folder')
    config = dict(parts.get('test') or list(parts.values())[-1])
    if config['type'] == 'ProceduralShapes':
        # An object does not depend on how many others are made.
        config['num_objects'] = max(1, min(config['num_objects'], max(*objects, among - 1, 0) + 1))
    found = DATASETS.build(config)
    if wrong := [index for index in objects if not 0 <= index < len(found)]:
        raise UsageError(f'{name} has no object {wrong[0]}: choose smaller numbers, from 0')
    if among and max(objects) >= among:
        raise UsageError(f'object {max(objects)} is not among the first {among}: choose more of them')
    return found.subset(list(range(min(among, len(found)))) if among else list(objects))


def load_clouds(dataset: Any, num_points: int, device: str = 'cpu') -> Tensor:
    """Clouds (B, N, 3) of all objects: N points by FPS, in the unit sphere.

    Args:
        dataset: an ObjectDataset.
        num_points: N.
        device: device of the clouds.

    Raises:
        UsageError: they have fewer points.
    """
    found = torch.from_numpy(np.ascontiguousarray(dataset.gather_points(np.arange(len(dataset))))).float().to(device)
    if found.shape[1] < num_points:
        raise UsageError(f'clouds here have {found.shape[1]} points, fewer than --points {num_points}')
    points: Tensor = UnitSphere()(FPSSubsample(num_points, order='shape')({'points': found}))['points']
    return points
