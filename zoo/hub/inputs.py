"""What a model is to be given: as many points, prepared the same way, as where it was tested."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from pathlib import Path

from mmengine import Config
from torch import nn

from zoo.config import ROOT, load_config
from zoo.errors import UsageError
from zoo.foreign import parse_json, read_header
from zoo.hub.index import find_entry
from zoo.hub.weights import resolve_weights

POINTS = 1024
"""Points of a cloud for embeddings of a model that nobody has said it of."""

MOST = 1_000_000
"""Points of a cloud that a header may ask for."""

PLAIN = {
    'FPSSubsample': {'type', 'num_points', 'order'},
    'RandomSubsample': {'type', 'num_points'},
    'UnitSphere': {'type'},
}
"""Steps of a preprocessor, and arguments of theirs, for which ``Inputs`` can speak."""


@dataclass(frozen=True)
class Inputs:
    """How clouds reach a model.

    Attributes:
        num_points: points of a cloud, by farthest point sampling; 0 where nobody says.
        classes: names by label; empty where nobody says.
        normalise: whether clouds are centered and scaled to the unit sphere.
    """

    num_points: int = 0
    classes: tuple[str, ...] = ()
    normalise: bool = True

    def or_else(self, other: Inputs) -> Inputs:
        """These, with what they do not say taken from ``other``."""
        first = self if self.num_points else replace(other, classes=self.classes)
        return replace(first, classes=self.classes or other.classes)

    def header(self) -> dict[str, str]:
        """Entries of the header of exported weights; nothing of what is not known."""
        known = {'num_points': str(self.num_points), 'normalise': str(self.normalise).lower()}
        return {**(known if self.num_points else {}), **({'classes': json.dumps(self.classes)} if self.classes else {})}


def inputs_of_config(config: Config) -> Inputs:
    """What the test of a config does, or its training where it has no test; without names of classes.

    The points are those that the preprocessor keeps, else those of the dataset. Nothing is said of a config whose test
    does more than to choose points and to normalize.
    """
    preprocessor = config.get('data_preprocessor') or {}
    steps = [dict(step) for step in preprocessor.get('test') or preprocessor.get('train') or ()]
    strange = [step for step in steps if not step.keys() <= PLAIN.get(str(step.get('type')), set())]
    if strange and preprocessor.get('test'):
        return Inputs()
    loader = config.get('test_dataloader') or config.get('train_dataloader') or {}
    stored = (loader.get('dataset') or {}).get('num_points')
    kept = [step['num_points'] for step in steps if 'num_points' in step]
    return Inputs(int((kept or [stored or 0])[-1]), (), any(step.get('type') == 'UnitSphere' for step in steps))


def find_inputs(model: str | Path, weights: str | Path | None = None) -> Inputs:
    """What is known of a model by its weights, then by its name or config.

    The header of a file counts most: it tells how these tensors were made.

    Args:
        model: name, path or config, as :func:`zoo.get_model` takes it.
        weights: name, path or address, if others than those of ``model``.

    Raises:
        UsageError: there is no such model, or a header says something else than a number and names.
    """
    found = Inputs() if weights is None else _of_source(weights)
    if Path(model).suffix != '.py':
        return found.or_else(_of_source(model))
    return found.or_else(inputs_of_config(load_config(model)))


def check_known(inputs: Inputs, model: nn.Module, what: str) -> Inputs:
    """The inputs, complete: a number that nobody says is an error for labels, and a line in the log for embeddings.

    Raises:
        UsageError: the model is a classifier.
    """
    from zoo.models import PointClassifier

    if inputs.num_points:
        return inputs
    if isinstance(model, PointClassifier):
        raise UsageError(
            f'{what} does not say how many points of a cloud it was tested with, and labels depend on it: give '
            'num_points=N, or the config it was tested with'
        )
    logging.getLogger(__name__).warning(
        '%s does not say how many points of a cloud it was trained with: %d are taken', what, POINTS
    )
    return replace(inputs, num_points=POINTS)


def _of_source(source: str | Path) -> Inputs:
    """What a name of the index or a file of weights says."""
    text = str(source)
    if not Path(text).suffix and '/' not in text and not Path(text).is_file():
        entry = find_entry(text)
        if entry.num_points or not (ROOT / entry.config).is_file():
            return Inputs(entry.num_points, entry.classes)
        return replace(inputs_of_config(load_config(entry.config, entry.options)), classes=entry.classes)
    path = resolve_weights(text)
    return _of_header(path) if path.suffix == '.safetensors' else Inputs()


def _of_header(path: Path) -> Inputs:
    """What the header of a file of this project says."""
    header, _ = read_header(path)
    number = header.get('num_points', '0')
    classes = parse_json(header.get('classes', '[]'), f'weights {path}: the names of classes in the header')
    if not (number.isdecimal() and len(number) < 9 and int(number) <= MOST):
        raise UsageError(
            f'weights {path}: num_points in the header is {number:.40}, expected a number: export them again'
        )
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise UsageError(f'weights {path}: classes in the header must be a list of names: export them again')
    return Inputs(int(number), tuple(classes), header.get('normalise', 'true') == 'true')


def classes_of_config(path: str | Path) -> tuple[str, ...]:
    """Names of the classes of the test set of a config; none, with a line in the log, where it cannot be opened."""
    import zoo.datasets  # noqa: F401  (registers the classes)
    from zoo.registry import DATASETS

    config = load_config(path)
    if config.get('test_dataloader') is None:
        return ()
    try:
        return tuple(DATASETS.build(config.test_dataloader.dataset.to_dict()).classes)
    except UsageError as error:
        logging.getLogger(__name__).warning(
            'labels are numbers, for the classes of the test set are not known: %s', error
        )
        return ()
