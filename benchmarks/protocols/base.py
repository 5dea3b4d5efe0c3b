"""The contract of a protocol: one class in one file is everything about how something is measured.

A file below this folder that defines a subclass of :class:`Protocol` with a ``name`` is all it takes: it is found
without being listed, appears in ``--list``, and is measured by ``--suite NAME`` in a table of its own or, where it says
so, in a column of another one. A class from elsewhere is asked for as ``--suite FILE.py:CLASS``.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from benchmarks.protocols.features import FeatureCache, evaluation_transforms
from benchmarks.protocols.measurement import Measurement
from benchmarks.user_code import address, load
from zoo.errors import UsageError
from zoo.hub.names import parse_name
from zoo.registry import DATASETS

if TYPE_CHECKING:
    from typing_extensions import Self

FEATURES, TOKENS, TEXT, ALIGNED, TRAINED, CLASSIFIER, RUNS = (
    'features', 'attention', 'a text query', 'aligned queries', 'weights to train', 'a fine-tuned classifier', 'runs'
)  # fmt: skip
"""What a protocol may require, and is given as ``encoder``: a module from points (B, N, 3) to features (B, F); one
whose ``backbone`` returns attention; a :class:`zoo.models.Pretrainer` with a text query, or with any aligned one; a
:class:`Student`; a module from points to logits; nothing, because it reads what other jobs have found."""

SLOWER = {'nano': 1.0, 'tiny': 17.0, 'small': 30.0, 'base': 60.0}
"""Time of a pretraining step relative to nano, roughly."""


def objects(settings: Mapping[str, Any], split: str) -> int:
    """Number of objects of the ``train`` or ``test`` split of a job, where its config says so; else a guess."""
    return int(settings.get(split, {}).get('num_objects', 1290))


def slower(settings: Mapping[str, Any]) -> float:
    """How much longer than nano the encoder of a job with some settings takes, roughly; 1 where nothing is known."""
    return 1.0 if 'encoder' in settings else SLOWER[parse_name(settings['student']).size]


@dataclass(frozen=True)
class Student:
    """What training starts from.

    Attributes:
        name: name of a student, such as ``recon-nano``.
        weights: file of its pretrained weights; None for random ones.
    """

    name: str
    weights: str | None = None


class Data:
    """What is measured on.

    Args:
        train: labeled objects to learn from, a dataset or its config; None where a protocol learns nothing.
        test: objects that are measured on, a dataset or its config.
    """

    def __init__(self, train: Any, test: Any) -> None:
        self._given = {'train': train, 'test': test}

    @functools.cached_property
    def train(self) -> Any:
        """Dataset to learn from."""
        return self._built('train')

    @functools.cached_property
    def test(self) -> Any:
        """Dataset that is measured on."""
        return self._built('test')

    def _built(self, split: str) -> Any:
        given = self._given[split]
        return DATASETS.build(dict(given)) if isinstance(given, Mapping) else given

    def config(self, split: str) -> dict[str, Any]:
        """Config of ``train`` or ``test``, for protocols that start a training of their own."""
        return dict(self._given[split])


@dataclass(frozen=True)
class Context:
    """Where and how it is measured.

    Attributes:
        num_points: number of points of a cloud, chosen by FPS.
        seed: random seed of all that the protocol draws.
        device: ``cpu`` or ``cuda``.
        cache: features that were computed before.
        work: folder of the protocol's own files; one that was killed finds what it left there.
        out: folder that paths in results are relative to.
        inputs: results of other jobs by role.
    """

    num_points: int
    seed: int = 0
    device: str = 'cpu'
    cache: FeatureCache = field(default_factory=FeatureCache)
    work: Path = Path()
    out: Path = Path()
    inputs: Mapping[str, Any] = field(default_factory=dict)

    def features(self, encoder: Any, data: Data) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Features (S, F) and labels (S,) to learn from, features (T, F) and labels (T,) that are measured on."""
        transforms = evaluation_transforms(self.num_points)
        found = [self.cache.get(encoder, part, transforms, self.device) for part in (data.train, data.test)]
        return (*found[0], *found[1])

    def place(self, path: Path) -> str:
        """Path of a file as results name it."""
        return path.relative_to(self.out).as_posix()


PROTOCOLS: dict[str, type[Protocol]] = {}
"""Every protocol by its name; see :func:`load_all`."""


class Protocol:
    """How something is measured. Subclasses are frozen dataclasses; their fields are settings with defaults, in JSON.

    Attributes:
        name: name on the command line; records may say more, see ``recorded``.
        version: number that is raised whenever the code changes figures.
        requires: kind of ``encoder`` it is given, one of those above.
        pool: pooling of the tokens of our own students: ``svm`` or ``cls``.
        learns: whether it learns from labeled objects.
        title: header of a column, see ``column``.
        note: sentence of a table under the figures.
        suite: suite whose table it is a column of; its own by default, none where a plan asks for it by hand.
        place: rank among the columns of its suite; names decide where ranks are equal.
        official: names of the official data sets that its table is of; substitutes stand in.
        metric: figure of the column.
        chosen_by: name in messages of the metric that a learning rate is chosen by.
        literature: names in records by what the literature calls the protocol.
    """

    name: ClassVar[str] = ''
    version: ClassVar[int] = 1
    requires: ClassVar[str] = FEATURES
    pool: ClassVar[str] = 'svm'
    learns: ClassVar[bool] = True
    title: str = ''
    note: ClassVar[str] = ''
    suite: ClassVar[str | None] = ''
    place: ClassVar[int] = 10
    official: ClassVar[tuple[str, ...]] = ('modelnet40',)
    metric: ClassVar[str] = 'oa'
    chosen_by: ClassVar[str] = ''
    literature: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        """Register what has a name of its own."""
        super().__init_subclass__(**options)
        if 'name' not in vars(cls):
            return
        other = PROTOCOLS.get(cls.name)
        if other is not None and (other.__qualname__, address(other)) != (cls.__qualname__, address(cls)):
            raise ValueError(f'there is a protocol named {cls.name!r} already: {other.__module__}.{other.__qualname__}')
        PROTOCOLS[cls.name] = cls

    @classmethod
    def spec(cls) -> str:
        """Name by which :func:`find_protocol` finds it: its own, or for one from elsewhere where it is."""
        return cls.name if cls.__module__.startswith('benchmarks.') else address(cls)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The protocol with the settings of a job, which may say more; a list of JSON is a tuple here."""
        given: Any = cls
        own = {entry.name: settings[entry.name] for entry in dataclasses.fields(given) if entry.name in settings}
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in own.items()})

    @classmethod
    def planned(cls, profile: Any) -> list[Self]:
        """As a profile asks for it, one for every column: once with its defaults, unless overridden."""
        return [cls()]

    @property
    def settings(self) -> dict[str, Any]:
        """Settings by name."""
        own: Any = self
        return dataclasses.asdict(own)

    @property
    def column(self) -> str:
        """Header of the column, which may say more than the title."""
        return self.title or self.name

    @property
    def recorded(self) -> str:
        """Name in records: that on the command line unless it says otherwise."""
        return self.name

    @property
    def task(self) -> str:
        """What the literature calls the task."""
        return '3D Point Cloud Linear Classification' if self.requires == FEATURES else '3D Point Cloud Classification'

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess of the duration of a job with some settings, on one thread.

        By default that of reading about 2000 clouds, their features, and little more, or no cloud at all.
        """
        return 1.0 if self.requires == RUNS else 1 + slower(settings) * settings['points'] / 512 * 2000 / 2400

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Measure, and return figures with the settings that move them and that :meth:`measure` does not state.

        Args:
            encoder: model of the kind that ``requires`` names.
            data: objects that are learned from and measured on.
            context: settings of the run.
        """
        raise NotImplementedError

    def measure(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Run, and state what every record says: name, version, points, pooling, voting, epoch, and the duration."""
        begin = time.perf_counter()
        found = self.run(encoder, data, context)
        usual: dict[str, Any] = {'voting': 'none', 'epoch_selection': 'last', 'points': context.num_points}
        if self.requires == FEATURES:
            usual['pooling'] = getattr(encoder, 'pool', self.pool)
        own = {'name': self.recorded, 'version': self.version}
        return dataclasses.replace(
            found, protocol={**usual, **found.protocol, **own}, seconds=time.perf_counter() - begin
        )


def load_all() -> dict[str, type[Protocol]]:
    """Every protocol below this folder, and what else is imported, by name."""
    package = importlib.import_module(__package__)
    for entry in pkgutil.walk_packages(package.__path__, f'{__package__}.'):
        importlib.import_module(entry.name)
    return PROTOCOLS


def find_protocol(spec: str) -> type[Protocol]:
    """Return a protocol by its name, or by ``package.module:CLASS`` or ``FILE.py:CLASS``.

    Raises:
        UsageError: there is none.
    """
    if ':' in spec:
        found = load(spec)
        if not (isinstance(found, type) and issubclass(found, Protocol)):
            raise UsageError(f'{spec} is no Protocol (benchmarks/protocols/base.py)')
        return found
    if spec not in PROTOCOLS and spec not in load_all():
        raise UsageError(f'there is no protocol {spec!r}: choose from {", ".join(PROTOCOLS)}')
    return PROTOCOLS[spec]
