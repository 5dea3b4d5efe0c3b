"""Labels or embeddings of point files, as simple as it gets."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zoo.compat import expand
from zoo.datasets.meshes.painted import UP
from zoo.errors import UsageError
from zoo.hub.factory import get_model
from zoo.hub.inputs import Inputs, check_known, classes_of_config, find_inputs
from zoo.hub.point_files import SUFFIXES, checked_points, read_points
from zoo.hub.state import still_fresh
from zoo.models import PointClassifier
from zoo.transforms import FPSSubsample, UnitSphere

SHOWN = 5
"""Entries of a folder that a line in the log names."""

Input: TypeAlias = str | Path | NDArray[Any] | Tensor
Items: TypeAlias = list[tuple[str, Input]]


@dataclass(frozen=True)
class Prediction:
    """What a model says of one cloud.

    Attributes:
        source: file, or number of the array in its batch.
        label: name of the likeliest class; empty for a model without classes.
        index: its number; -1 for a model without classes.
        probability: probability of that class.
        probabilities: probability of every class by name.
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

    Clouds are turned to have y up, cut to as many points as the model was tested with by farthest point sampling,
    centered and scaled to the unit sphere. A classifier gives labels with probabilities, any other model embeddings.

    How many points, which names the classes have and whether clouds are scaled is read from the header of the weights,
    the index or the config, in this order. Nobody says it of a built model, and of weights from elsewhere: a classifier
    then needs ``num_points``, and embeddings are those of 1024 points, with a line in the log.

    Clouds keep their precision until they are at the origin, so that map coordinates in float64 give the same labels.
    What float16 has rounded is taken as it is, and changes labels that were close.

    Args:
        model: a name of ``zoo.list_models(pretrained=True)``, a ``.safetensors`` file of this project, a config, or a
            built model.
        device: ``cpu``, ``cuda``; the CPU by default.
        weights: name, path or address; those of the index by default.
        classes: names by label; see above, else numbers.
        num_points: points of a cloud; see above.
        normalise: center and scale the clouds; see above, else they are.
        up: axis that points up in the files and arrays: 'y', or 'z' as in ModelNet and in maps. Models know nothing but
            y up, and clouds that lie on their side get other labels.

    Raises:
        UsageError: see :func:`zoo.get_model`; neither the index nor ``weights`` has weights; nobody says how many
            points a classifier needs.
    """

    def __init__(
        self,
        model: str | Path | nn.Module,
        device: str | None = None,
        weights: str | Path | None = None,
        *,
        classes: Sequence[str] = (),
        num_points: int | None = None,
        normalise: bool | None = None,
        up: str = 'y',
    ) -> None:
        if up not in UP:
            raise UsageError(f'up={up!r} is no axis that clouds are turned from: choose one of {", ".join(UP)}')
        if num_points is not None and num_points < 1:
            raise UsageError(f'num_points is {num_points}, expected at least 1')
        inputs, self.up = Inputs(), up
        if isinstance(model, nn.Module):
            if isinstance(model, PointClassifier) and (random := still_fresh(model)):
                raise UsageError(
                    f'{", ".join(random[:3])} of the model started fresh and nothing was trained or loaded since: its '
                    'labels would be random'
                )
            self.model = model.to(device or 'cpu').eval()
        else:
            text = str(model)
            if weights is None and text.endswith('.py'):
                raise UsageError(f'{text} is a config without weights: give weights=NAME, PATH or ADDRESS')
            self.model = get_model(model, True if weights is None else weights, device)
            inputs = find_inputs(model, weights)
        self.device = next(self.model.parameters()).device
        what = 'a built model' if isinstance(model, nn.Module) else str(weights or model)
        self.num_points = num_points or check_known(inputs, self.model, what).num_points
        self.classes = tuple(classes)
        if isinstance(self.model, PointClassifier) and not classes:
            config = not isinstance(model, nn.Module) and str(model).endswith('.py')
            self.classes = inputs.classes or (classes_of_config(str(model)) if config else ())
        scaled = inputs.normalise if normalise is None else normalise
        # The order of the points in a file decides nothing: neither which are kept, nor at which a model begins.
        chosen = FPSSubsample(self.num_points, order='shape')
        self._transforms: list[Any] = [chosen, UnitSphere()] if scaled else [chosen]

    def __call__(self, inputs: Input | Sequence[Input], batch_size: int = 32) -> Prediction | list[Prediction]:
        """Predict.

        Args:
            inputs: a file or an array (N, 3) gives one prediction; a folder, a list of files and arrays, or an array
                (B, N, 3) gives a list, in order. More columns may stand behind x, y and z, see
                :func:`zoo.hub.point_files.checked_points`.
            batch_size: clouds at once.

        Returns:
            Of a folder, predictions of its files of points by name. What else it holds and what cannot be read is left
            out, with a line in the log.

        Raises:
            UsageError: a file or array is no cloud; names it. A folder holds none.
        """
        if batch_size < 1:
            raise UsageError(f'batch_size is {batch_size}, expected at least 1')
        if isinstance(inputs, str | Path) and expand(inputs).is_dir():
            return list(self._predictions(self._folder(expand(inputs)), batch_size))
        items, single = _items(inputs)
        found = list(self._predictions((self._cloud(*item) for item in items), batch_size))
        return found[0] if single else found

    @torch.inference_mode()
    def _predictions(self, clouds: Iterator[tuple[str, Tensor]], batch_size: int) -> Iterator[Prediction]:
        while batch := list(itertools.islice(clouds, batch_size)):
            outputs = self.model(torch.cat([cloud for _, cloud in batch]))
            if outputs.ndim != 2 or not outputs.is_floating_point():
                raise UsageError(
                    f'a {type(self.model).__name__} gives {tuple(outputs.shape[1:])} of {outputs.dtype} for a cloud, '
                    'neither labels nor an embedding: take get_model(..., features_only=True)'
                )
            outputs = outputs.float()
            chances = outputs.softmax(dim=-1).cpu().numpy() if isinstance(self.model, PointClassifier) else None
            for row, (name, _) in enumerate(batch):
                if chances is None:
                    yield Prediction(name, embedding=outputs[row].cpu().numpy())
                else:
                    yield self._labeled(name, chances[row])

    def _cloud(self, name: str, item: Input) -> tuple[str, Tensor]:
        """The name, and a cloud (1, N, 3) on the device."""
        if isinstance(item, str | Path):
            points = read_points(item, max(8192, self.num_points))
        else:
            points = checked_points(_array(item, name) if isinstance(item, Tensor) else item, name)
        if self.up == 'z':
            points = points[:, [0, 2, 1]] * np.array([1, 1, -1], dtype=np.float32)
        batch: dict[str, Any] = {'points': torch.from_numpy(points)[None].to(self.device)}
        for transform in self._transforms:
            batch = transform(batch)
        return name, batch['points']

    def _folder(self, folder: Path) -> Iterator[tuple[str, Tensor]]:
        """Clouds of the files of a folder by name; at the end a word on what was left out."""
        entries = sorted(folder.iterdir())
        left = []
        for path in entries:
            if path.name.startswith('.') or path.suffix.lower() not in SUFFIXES or path.is_dir():
                left.append(f'{path.name}/' if path.is_dir() else path.name)
                continue
            try:
                yield self._cloud(str(path), path)
            except UsageError as error:
                left.append(f'{path.name} ({str(error).removeprefix(str(path)).strip()})')
        more = f' and {len(left) - SHOWN} more' if len(left) > SHOWN else ''
        named = '; '.join(left[:SHOWN]) + more
        if len(left) == len(entries):
            known = f'known are {", ".join(SUFFIXES)}, subfolders are not looked into'
            raise UsageError(
                f'{folder} holds no file of points that can be read: {known}' + (f': {named}' if left else '')
            )
        if left:
            logging.getLogger(__name__).warning('%s: %d of %d left out: %s', folder, len(left), len(entries), named)

    def _labeled(self, name: str, chances: NDArray[np.float32]) -> Prediction:
        """The likeliest class first."""
        names = self.classes or tuple(str(number) for number in range(len(chances)))
        if len(names) != len(chances):
            raise UsageError(f'{len(names)} names of classes are given, the model has {len(chances)} classes')
        order = np.argsort(-chances, kind='stable')
        ranked = {names[place]: float(chances[place]) for place in order}
        best = int(order[0])
        return Prediction(name, names[best], best, float(chances[best]), ranked)


def _items(inputs: Input | Sequence[Input]) -> tuple[Items, bool]:
    """Named inputs, and whether one was given."""
    if isinstance(inputs, str | Path):
        return [(str(inputs), inputs)], True
    if (
        isinstance(inputs, Sequence)
        and len(inputs)
        and isinstance(inputs[0], Sequence)
        and not isinstance(inputs[0], str)
    ):
        try:
            inputs = np.asarray(inputs)  # lists of lists of numbers
        except ValueError as error:
            raise UsageError('a list of lists must be one cloud of points (N, 3), or clouds of one size') from error
    if isinstance(inputs, np.ndarray | Tensor):
        shape = tuple(inputs.shape)
        single = inputs.ndim == 2
        if inputs.ndim == 3 and shape[1] == 3 != shape[2]:
            raise UsageError(f'an array of shape {shape} seems transposed, expected (B, N, 3): swap its last two axes')
        if inputs.ndim not in (2, 3):
            raise UsageError(f'expected an array of shape (N, 3) or (B, N, 3), found shape {shape}')
        if inputs.ndim == 3 and inputs.dtype in (np.uint8, torch.uint8):
            raise UsageError(f'an array of bytes of shape {shape} is a picture, expected clouds of points')
        return [(f'array {number}', cloud) for number, cloud in enumerate([inputs] if single else inputs)], single
    if not isinstance(inputs, Sequence):
        raise UsageError(f'expected a file, a folder, an array or a list of them, found a {type(inputs).__name__}')
    named = [str(item) if isinstance(item, str | Path) else f'array {number}' for number, item in enumerate(inputs)]
    return list(zip(named, inputs, strict=True)), False


def _array(tensor: Tensor, name: str) -> NDArray[Any]:
    """A tensor as an array in its own precision."""
    try:
        values: NDArray[Any] = tensor.detach().cpu().numpy()
    except (TypeError, RuntimeError) as error:
        raise UsageError(f'{name} is a {tensor.layout} of {tensor.dtype}: give a dense one of float32') from error
    return values
