"""Labels or embeddings of point files, as simple as it gets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zoo.errors import UsageError
from zoo.hub.factory import get_model
from zoo.hub.index import Entry, find_entry
from zoo.hub.point_files import SUFFIXES, checked_points, read_points
from zoo.hub.state import still_fresh
from zoo.models import PointClassifier
from zoo.transforms import FPSSubsample, UnitSphere

POINTS = 1024
"""Points of a cloud where the index does not say."""

Input: TypeAlias = str | Path | NDArray[Any] | Tensor


@dataclass(frozen=True)
class Prediction:
    """What a model says of one cloud.

    Attributes:
        source: file, or number of the array in its batch.
        label: name of the likeliest class; empty for a model without classes.
        index: its number; -1 for a model without classes.
        probability: of that class.
        probabilities: of every class by name.
        embedding: features (F,) of a model without classes, else empty.
    """

    source: str
    label: str = ''
    index: int = -1
    probability: float = float('nan')
    probabilities: dict[str, float] = field(default_factory=dict)
    embedding: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))


class Inferencer:
    """A model with its weights, ready for files.

    Clouds are cut to as many points as the model was measured with by farthest point sampling, centred and scaled to
    the unit sphere. A classifier gives labels with probabilities, any other model embeddings.

    Args:
        model: a name of ``zoo.list_models(pretrained=True)``, a ``.safetensors`` file of this project, a config, or a
            built model.
        device: ``cpu``, ``cuda``; the CPU by default.
        weights: name, path or address; those of the index by default.
        classes: names by label; those of the index by default, else numbers.
        num_points: of a cloud; that of the index by default, else 1024.
        normalise: centre and scale the clouds.

    Raises:
        UsageError: see :func:`zoo.get_model`; or neither the index nor ``weights`` has weights.
    """

    def __init__(
        self,
        model: str | Path | nn.Module,
        device: str | None = None,
        weights: str | Path | None = None,
        *,
        classes: Sequence[str] = (),
        num_points: int | None = None,
        normalise: bool = True,
    ) -> None:
        entry: Entry | None = None
        if isinstance(model, nn.Module):
            if isinstance(model, PointClassifier) and (random := still_fresh(model)):
                raise UsageError(
                    f'{", ".join(random[:3])} of the model started fresh and nothing was trained or loaded since: its '
                    'labels would be random'
                )
            self.model = model.to(device or 'cpu').eval()
        else:
            text = str(model)
            named = not text.endswith(('.py', '.safetensors'))
            entry = find_entry(text) if named else None
            if weights is None and text.endswith('.py'):
                raise UsageError(f'{text} is a config without weights: give weights=NAME, PATH or ADDRESS')
            self.model = get_model(model, True if weights is None else weights, device)
        self.device = next(self.model.parameters()).device
        self.num_points = num_points or (entry.num_points if entry else 0) or POINTS
        self.classes = tuple(classes) or (entry.classes if entry else ())
        self._transforms: list[Any] = [FPSSubsample(self.num_points)] + ([UnitSphere()] if normalise else [])

    def __call__(self, inputs: Input | Sequence[Input], batch_size: int = 32) -> Prediction | list[Prediction]:
        """Predict.

        Args:
            inputs: a file or an array (N, 3) gives one prediction; a folder, a list of files and arrays, or an array
                (B, N, 3) gives a list, in order.
            batch_size: clouds at once.

        Raises:
            UsageError: a file or array is no cloud; names it.
        """
        items, single = _items(inputs)
        if batch_size < 1:
            raise UsageError(f'batch_size is {batch_size}, expected at least 1')
        found = list(self._predictions(items, batch_size))
        return found[0] if single else found

    @torch.inference_mode()
    def _predictions(self, items: list[tuple[str, Input]], batch_size: int) -> Iterator[Prediction]:
        for start in range(0, len(items), batch_size):
            batch = items[start : start + batch_size]
            outputs = self.model(torch.cat([self._cloud(*item) for item in batch])).float()
            chances = outputs.softmax(dim=-1).cpu().numpy() if isinstance(self.model, PointClassifier) else None
            for row, (name, _) in enumerate(batch):
                if chances is None:
                    yield Prediction(name, embedding=outputs[row].cpu().numpy())
                else:
                    yield self._labelled(name, chances[row])

    def _cloud(self, name: str, item: Input) -> Tensor:
        """A cloud (1, N, 3) on the device."""
        if isinstance(item, str | Path):
            points = read_points(item, max(8192, self.num_points))
        else:
            points = checked_points(item.detach().cpu().numpy() if isinstance(item, Tensor) else item, name)
        batch: dict[str, Any] = {'points': torch.from_numpy(points)[None].to(self.device)}
        for transform in self._transforms:
            batch = transform(batch)
        return batch['points']

    def _labelled(self, name: str, chances: NDArray[np.float32]) -> Prediction:
        """The likeliest class first."""
        names = self.classes or tuple(str(number) for number in range(len(chances)))
        if len(names) != len(chances):
            raise UsageError(f'{len(names)} names of classes are given, the model has {len(chances)} classes')
        order = np.argsort(-chances, kind='stable')
        ranked = {names[place]: float(chances[place]) for place in order}
        best = int(order[0])
        return Prediction(name, names[best], best, float(chances[best]), ranked)


def _items(inputs: Input | Sequence[Input]) -> tuple[list[tuple[str, Input]], bool]:
    """Named inputs, and whether one was given."""
    if isinstance(inputs, str | Path):
        if not Path(inputs).is_dir():
            return [(str(inputs), inputs)], True
        found = sorted(path for path in Path(inputs).iterdir() if path.suffix.lower() in SUFFIXES)
        if not found:
            raise UsageError(f'{inputs} holds no file of points: known are {", ".join(SUFFIXES)}')
        return [(str(path), path) for path in found], False
    if isinstance(inputs, np.ndarray | Tensor):
        single = inputs.ndim == 2
        if inputs.ndim not in (2, 3):
            raise UsageError(f'expected an array of shape (N, 3) or (B, N, 3), found shape {tuple(inputs.shape)}')
        return [(f'array {number}', cloud) for number, cloud in enumerate([inputs] if single else inputs)], single
    if not isinstance(inputs, Sequence):
        raise UsageError(f'expected a file, a folder, an array or a list of them, found a {type(inputs).__name__}')
    named = [str(item) if isinstance(item, str | Path) else f'array {number}' for number, item in enumerate(inputs)]
    return list(zip(named, inputs, strict=True)), False
