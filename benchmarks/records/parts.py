"""The parts of a record: known settings as typed fields, all others under ``extra``, both readable by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    from typing_extensions import Self

NOT_STATED = ''
"""A text field that nobody filled in. It differs from ``none``, which says that there was none."""


@dataclass(frozen=True)
class Part(Mapping[str, Any]):
    """A group of settings, frozen, read as attributes or as a mapping.

    The mapping holds what is stated: fields that are neither empty nor None, then ``extra``.

    Attributes:
        extra: settings without a field of their own, JSON values by name.
    """

    extra: dict[str, Any] = field(default_factory=dict, kw_only=True)

    aliases: ClassVar[Mapping[str, str]] = {}
    """Other names of fields, understood on input and on reading."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """The part that holds the settings of ``given``; names without a field go to ``extra``.

        Raises:
            ValueError: a setting is given twice, under its name and an alias.
        """
        if isinstance(given, cls):
            return given
        known = {entry.name for entry in dataclasses.fields(cls)} - {'extra'}
        own: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for name, value in given.items():
            target = cls.aliases.get(name, name)
            home = own if target in known else extra
            if target in home:
                raise ValueError(f'{cls.__name__.lower()} has {target!r} twice, once as {name!r}')
            home[target] = _frozen(value) if target in known else plain(value)
        return cls(**own, extra=extra)

    def to_json(self) -> dict[str, Any]:
        """Every field, stated or not, with ``extra`` beneath."""
        return {entry.name: plain(getattr(self, entry.name)) for entry in dataclasses.fields(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The part that ``to_json`` wrote."""
        own = {name: _frozen(value) for name, value in data.items() if name != 'extra'}
        return cls(**own, extra=dict(data['extra']))

    def _stated(self) -> dict[str, Any]:
        fields = {entry.name: getattr(self, entry.name) for entry in dataclasses.fields(self) if entry.name != 'extra'}
        return {name: value for name, value in fields.items() if value not in (None, NOT_STATED)} | self.extra

    def __getitem__(self, name: str) -> Any:
        return self._stated()[self.aliases.get(name, name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stated())

    def __len__(self) -> int:
        return len(self._stated())


@dataclass(frozen=True)
class Pretraining(Part):
    """Where the weights come from; empty for random ones.

    Attributes:
        config: config of the pretraining.
        data: data set it was pretrained on.
        fraction: share of that data, in (0, 1].
        teachers: what supervised it, in words.
        epochs: length of the run.
        seed: of the run.
    """

    config: str = NOT_STATED
    data: str = NOT_STATED
    fraction: float | None = None
    teachers: str = NOT_STATED
    epochs: int | None = None
    seed: int | None = None

    aliases: ClassVar[Mapping[str, str]] = {'teacher': 'teachers'}


@dataclass(frozen=True)
class Dataset(Part):
    """What was measured on.

    Attributes:
        name: of the data set.
        split: that the figure is of.
        variant: of the data set, such as ``pb_t50_rs``.
        fingerprint: of the content of that split.
        samples: objects in it.
        classes: number of classes.
        train_fingerprint: of the labelled data the downstream step learnt from.
        train_samples: objects in it.
    """

    name: str
    split: str = NOT_STATED
    variant: str = NOT_STATED
    fingerprint: str = NOT_STATED
    samples: int | None = None
    classes: int | None = None
    train_fingerprint: str = NOT_STATED
    train_samples: int | None = None

    aliases: ClassVar[Mapping[str, str]] = {'test_fingerprint': 'fingerprint', 'test_samples': 'samples'}


@dataclass(frozen=True)
class Protocol(Part):
    """How it was measured.

    Attributes:
        name: of the protocol; habits of the literature have names of their own, with ``@paper``.
        version: raised whenever the protocol's code changes its figures.
        points: per cloud.
        voting: ``none``, or how votes were made, such as ``10 augmentations, mean of logits``.
        epoch_selection: ``last``, ``best_val`` or ``best_test``.
        augmentation: names of the training transforms, in order.
        batch_size: of the downstream training.
    """

    name: str
    version: int = 1
    points: int | None = None
    voting: str = NOT_STATED
    epoch_selection: str = NOT_STATED
    augmentation: tuple[str, ...] | None = None
    batch_size: int | None = None


@dataclass(frozen=True)
class Environment(Part):
    """What it was measured with.

    Attributes:
        torch: its version.
        device: name of the GPU, or ``cpu``.
        threads: of torch.
        precision: of the arithmetic, such as ``float32``.
        commit: of the working tree, with ``+`` when it had changes.
    """

    torch: str = NOT_STATED
    device: str = NOT_STATED
    threads: int | None = None
    precision: str = NOT_STATED
    commit: str = NOT_STATED


def plain(value: Any) -> Any:
    """A value as JSON has it: tuples are lists, numpy's scalars are numbers, names are text."""
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value.item() if isinstance(value, np.generic) else value


def _frozen(value: Any) -> Any:
    """A value for a field: lists are tuples."""
    return tuple(value) if isinstance(value, list) else value
