"""One evaluation is one record: the numbers, and how they were obtained."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.records.environment import environment
from benchmarks.records.files import from_text, to_text
from benchmarks.records.keys import digest
from benchmarks.records.migrate import migrate
from benchmarks.records.parts import Dataset, Environment, Part, Pretraining, Protocol
from benchmarks.records.schema import check
from zoo.errors import UsageError
from zoo.io import write_whole

__all__ = ['VERSION', 'Record', 'environment', 'read_record', 'read_records']

VERSION = 2
"""Version of the record's layout."""

PARTS: dict[str, type[Part]] = {
    'pretraining': Pretraining,
    'dataset': Dataset,
    'protocol': Protocol,
    'environment': Environment,
}


@dataclass(frozen=True, init=False)
class Record:
    """What was run, on what, how, with what, and what came out.

    Attributes:
        model: model name.
        config: config of the model or of the evaluation.
        config_sha256: hash of that config with all changes applied.
        weights: where its weights came from; ``scratch`` for random ones.
        weights_sha256: hash of the weight file; empty for random weights.
        pretraining: data, fraction, teachers and length of the pretraining; empty for random weights.
        dataset: what was measured on.
        protocol: how.
        seed: of the downstream step.
        metrics: in percent where they are accuracies.
        per_class: accuracy of every class in percent.
        predictions: content hash of the per-sample predictions, ``HASH.npz`` beside the record; empty without.
        seconds: wall time of the evaluation.
        source: ``measured`` by this harness, or ``published``.
        reference: who published it.
        environment: torch, device, threads, precision and commit.
        date: day of the measurement, UTC.
        job: key under which the job was planned, by ``job_key``; empty for records made outside a plan.
        version: layout of the record.
    """

    model: str
    config: str
    config_sha256: str
    weights: str
    weights_sha256: str
    pretraining: Pretraining
    dataset: Dataset
    protocol: Protocol
    seed: int
    metrics: dict[str, float]
    per_class: dict[str, float]
    predictions: str
    seconds: float
    source: str
    reference: str
    environment: Environment
    date: str
    job: str
    version: int

    def __init__(
        self,
        *,
        model: str,
        weights: str,
        weights_sha256: str,
        pretraining: Mapping[str, Any],
        dataset: Mapping[str, Any],
        protocol: Mapping[str, Any],
        seed: int,
        metrics: Mapping[str, float],
        config: str = '',
        config_sha256: str = '',
        per_class: Mapping[str, float] | None = None,
        predictions: str = '',
        seconds: float = 0.0,
        source: str = 'measured',
        reference: str = '',
        environment: Mapping[str, Any] | None = None,
        date: str = '',
        job: str = '',
        version: int = VERSION,
    ) -> None:
        """Parts may be given as mappings; settings that have no field go to the part's ``extra``."""
        given = {name: value for name, value in locals().items() if name != 'self'}
        given |= {name: part.of(given[name] or {}) for name, part in PARTS.items()}
        given |= {name: {str(k): float(v) for k, v in (given[name] or {}).items()} for name in ('metrics', 'per_class')}
        given['seconds'] = float(seconds)
        given['date'] = date or time.strftime('%Y-%m-%d', time.gmtime())
        for name, value in given.items():
            object.__setattr__(self, name, value)

    @property
    def key(self) -> str:
        """Identity of the measurement: its job's key, or a digest of everything but what came out."""
        if self.job:
            return self.job
        data = self.to_json()
        for outcome in ('metrics', 'per_class', 'predictions', 'seconds', 'environment', 'date', 'version'):
            del data[outcome]
        return digest(data)

    def to_json(self) -> dict[str, Any]:
        """The record as JSON has it."""
        values = {entry.name: getattr(self, entry.name) for entry in dataclasses.fields(self)}
        return {name: value.to_json() if isinstance(value, Part) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, data: Any) -> Record:
        """The record that ``to_json`` wrote, in this layout or an older one.

        Raises:
            ValueError: not a record.
        """
        current = migrate(data)
        check(current)
        fields: dict[str, Any] = {n: PARTS[n].from_json(v) if n in PARTS else v for n, v in current.items()}
        return cls(**fields)

    def text(self) -> str:
        """The record as a file holds it.

        Raises:
            ValueError: a field is not what the schema says, such as a metric that is NaN.
        """
        data = self.to_json()
        check(data)
        return to_text(data)

    def save(self, path: Path) -> None:
        """Write the record as JSON, whole or not at all.

        Raises:
            ValueError: a field is not what the schema says.
        """
        write_whole(path, self.text().encode())


def read_record(path: Path) -> Record:
    """Read one record, of this layout or an older one.

    Raises:
        UsageError: the file is broken or of a layout that is not known.
    """
    try:
        return Record.from_json(from_text(path.read_text(encoding='utf-8')))
    except (OSError, ValueError) as error:
        raise UsageError(f'record {path} cannot be read: {error}; remove it to measure again') from error


def read_records(folder: Path) -> list[Record]:
    """All records below ``folder``, in the order of their paths.

    Raises:
        UsageError: a file is broken or of a layout that is not known.
    """
    return [read_record(path) for path in sorted(folder.rglob('*.json'))]
