"""One evaluation is one record: the numbers, and how they were obtained."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from zoo.errors import UsageError

VERSION = 1
"""Version of the record's layout."""


def _commit() -> str:
    """Commit of the working tree, with ``+`` when it has changes; empty outside a repository."""
    here = Path(__file__).parent
    try:
        head = subprocess.run(
            ['git', 'rev-parse', '--short', 'HEAD'], cwd=here, capture_output=True, text=True, check=True
        )
        dirty = subprocess.run(
            ['git', 'status', '--porcelain', '-uno'], cwd=here, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ''
    return head.stdout.strip() + ('+' if dirty.stdout.strip() else '')


@dataclass
class Record:
    """What was run, on what, how, with what, and what came out.

    Attributes:
        model: model name.
        weights: where its weights came from; ``scratch`` for random ones.
        weights_sha256: hash of the weight file; empty for random weights.
        pretraining: data, fraction, steps and teachers of the pretraining; empty for random weights.
        dataset: name, split, variant, fingerprint and number of samples of training and test data.
        protocol: name, version and every setting of the protocol: points, voting, epoch selection, C, ...
        seed: of the downstream step.
        metrics: in percent where they are accuracies.
        per_class: accuracy of every class in percent.
        seconds: wall time of the evaluation.
        source: ``measured`` by this harness, or ``published`` with its reference.
        environment: torch, device, threads, precision and commit.
        date: day of the measurement, UTC.
        version: layout of the record.
    """

    model: str
    weights: str
    weights_sha256: str
    pretraining: dict[str, Any]
    dataset: dict[str, Any]
    protocol: dict[str, Any]
    seed: int
    metrics: dict[str, float]
    per_class: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    source: str = 'measured'
    environment: dict[str, Any] = field(default_factory=dict)
    date: str = field(default_factory=lambda: time.strftime('%Y-%m-%d', time.gmtime()))
    version: int = VERSION

    def save(self, path: Path) -> None:
        """Write the record as JSON, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f'.{os.getpid()}.tmp')
        temporary.write_text(json.dumps(dataclasses.asdict(self), indent=1, sort_keys=True), encoding='utf-8')
        temporary.replace(path)


def environment(device: str = 'cpu', precision: str = 'float32') -> dict[str, Any]:
    """What the numbers were measured with."""
    name = torch.cuda.get_device_name() if device.startswith('cuda') else 'cpu'
    return {
        'torch': torch.__version__,
        'device': name,
        'threads': torch.get_num_threads(),
        'precision': precision,
        'commit': _commit(),
    }


def read_record(path: Path) -> Record:
    """Read one record.

    Raises:
        UsageError: the file is broken or of another layout.
    """
    try:
        record = Record(**json.loads(path.read_text(encoding='utf-8')))
    except (OSError, TypeError, ValueError) as error:
        raise UsageError(f'record {path} cannot be read: {error}; remove it to measure again') from error
    if record.version != VERSION:
        raise UsageError(f'record {path} has layout {record.version}, expected {VERSION}; remove it to measure again')
    return record


def read_records(folder: Path) -> Iterable[Record]:
    """All records below ``folder``, in the order of their paths."""
    return [read_record(path) for path in sorted(folder.rglob('*.json'))]
