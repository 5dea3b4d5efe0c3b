"""What the index says of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.hub.download.weight_file import WeightFile

TASKS = ('pretrain', 'classify', 'linear', 'zero_shot', 'svm')
"""What a model is for; the names are those of :func:`zoo.load_official`."""


@dataclass(frozen=True)
class Collection:
    """Models of one paper.

    Attributes:
        name: name of the collection.
        title: title of the paper.
        url: address of the paper.
        code: page of the authors' code; empty where there is none.
    """

    name: str
    title: str
    url: str
    code: str = ''


@dataclass(frozen=True)
class Official:
    """How :func:`zoo.load_official` reads a checkpoint of the authors.

    Attributes:
        method: ``recon`` or ``point_mae``.
        num_groups: patches G, which the tensors do not tell.
        group_size: points K of a patch.
        ratio: weight of the text projection (``zero_shot``).
        num_heads: attention heads; 0 for one per 64 channels.
    """

    method: str
    num_groups: int
    group_size: int
    ratio: float = 0.25
    num_heads: int = 0


@dataclass(frozen=True)
class Result:
    """A figure and how it came about.

    Attributes:
        task: such as ``Classification``.
        dataset: dataset, with variant or split where there are several.
        protocol: ``svm``, ``finetune`` and so on, with what else decides the figure.
        metrics: figures by name, in percent.
        interval: half width of the 95 % interval of the mean over seeds, by metric; empty from one seed.
        seeds: seeds of the repetitions.
        by: ``measured`` with this code, or ``published`` by somebody else.
        records: results of the repetitions (``measured``): file, relative to the repository, ``#`` and key.
        source: who published it (``published``).
        date: of the measurement.
    """

    task: str
    dataset: str
    protocol: str
    metrics: Mapping[str, float]
    interval: Mapping[str, float]
    seeds: tuple[int, ...]
    by: str
    records: tuple[str, ...] = ()
    source: str = ''
    date: str = ''


@dataclass(frozen=True)
class Entry:
    """One model of the index.

    Attributes:
        name: model name.
        collection: collection that it belongs to.
        config: its config file, relative to the repository.
        task: one of ``TASKS``.
        data: dataset that it was trained on.
        sources: addresses of the weight file, tried in order; empty where none are published.
        sha256: SHA-256 of the weight file; empty where the publisher states none.
        bytes: size of the weight file; 0 where not known.
        rounded_from: digest of the float32 weights that the file was rounded from, which the records name.
        format: ``safetensors`` or ``pth``.
        licence: terms of the weights.
        official: how a checkpoint of the authors is read; None for files of this project.
        options: changes to the config by dotted key, as the weights were trained.
        classes: names of what a classifier tells apart, in order.
        num_points: of a cloud in the measurements; 0 where not stated.
        fingerprint: of the training data.
        objects: of the training data.
        fraction: share of the data that was used.
        epochs: of training.
        seed: of training.
        teachers: what supervised it.
        page: of whoever published the weights.
        features: file with features of fixed clouds, relative to the repository.
        reproduce: the command that makes the weights again.
        date: when the weights were made.
        results: what was measured.
    """

    name: str
    collection: Collection
    config: str
    task: str
    data: str
    sources: tuple[str, ...] = ()
    sha256: str = ''
    bytes: int = 0
    rounded_from: str = ''
    format: str = 'safetensors'
    licence: str = ''
    official: Official | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    num_points: int = 0
    fingerprint: str = ''
    objects: int = 0
    fraction: float = 1.0
    epochs: int = 0
    seed: int = 0
    teachers: tuple[str, ...] = ()
    page: str = ''
    features: str = ''
    reproduce: str = ''
    date: str = ''
    results: tuple[Result, ...] = ()

    def weight_file(self) -> WeightFile | None:
        """What the downloads need to know; None where no weights are published."""
        from zoo.hub.download.weight_file import WeightFile

        if not self.sources:
            return None
        return WeightFile(self.name, self.sources, self.sha256, self.bytes, self.format)

    def untrained(self) -> str:
        """One line on how to get weights that nobody published."""
        return f"no weights of '{self.name}' are published: train them with python tools/train.py {self.config}"
