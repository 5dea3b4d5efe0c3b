"""Which of several models is more robust to corruptions? Trained alike, measured on the same corrupted clouds.

Every model is trained on labelled ProceduralShapes (variant cad) with the same objects, points, augmentation and number
of epochs, from scratch or from given weights, and measured under the seven corruptions of ModelNet-C at five severities
(arXiv 2202.03377). One of the models is the reference row that the others are measured by; the published one, a DGCNN
on ModelNet-C, does not apply to other clouds.

    python -m benchmarks.studies.robustness --out RESULTS
    python -m benchmarks.studies.robustness --out RESULTS --weights recon-nano=WEIGHTS
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from benchmarks.protocols.corruption import Corruption, measure_corruption
from benchmarks.records import Record, Result, Store
from benchmarks.records.environment import environment
from benchmarks.records.store import NAME
from benchmarks.report import as_markdown
from benchmarks.studies.robustness_table import accuracy_table, error_table, severity_table
from zoo.config import load_config
from zoo.engine import build_runner, configure
from zoo.engine.cli import run_cli
from zoo.engine.names import config_hash
from zoo.errors import UsageError
from zoo.io import file_hash, write_whole
from zoo.registry import DATASETS, MODELS
from zoo.tensors import read_tensors, tensor_digest
from zoo.transforms import CORRUPTIONS, SEVERITIES

FINETUNE = 'configs/finetune/procedural.py'
SUPERVISED = ('pointnet', 'pointnet2', 'dgcnn')
"""Models with a config of their own under ``configs/supervised``; all others are names of students."""

OBJECTS = {'type': 'ProceduralShapes', 'num_points': 1024, 'seed': 2}
"""Seed 0 is that of pretraining; the fine-tuning recipe was chosen on seed 1."""


@dataclass(frozen=True)
class Contender:
    """One row of the table.

    Attributes:
        name: of the student, or a supervised baseline.
        weights: pretrained ones to start from; None for random ones.
    """

    name: str
    weights: Path | None = None

    @property
    def label(self) -> str:
        """Name in tables."""
        return f'{self.name}, {f"from {self.weights.name}" if self.weights else "from scratch"}'

    @property
    def config(self) -> str:
        """Config of its training."""
        return f'configs/supervised/{self.name}.py' if self.name in SUPERVISED else FINETUNE


@dataclass(frozen=True)
class Budget:
    """How much work the study does.

    Attributes:
        objects: labelled training objects.
        epochs: over them.
        test_objects: objects of the test split.
        num_points: points per cloud, in training and before a corruption.
        seeds: repetitions of training; the corruptions are the same for all.
        corruption_seed: of the corruptions.
        corruptions: names, see :class:`zoo.transforms.Corrupt`.
        severities: 1 to 5.
    """

    objects: int = 860
    epochs: int = 20
    test_objects: int = 430
    num_points: int = 512
    seeds: int = 3
    corruption_seed: int = 0
    corruptions: tuple[str, ...] = CORRUPTIONS
    severities: tuple[int, ...] = SEVERITIES


NUMBERS = ('objects', 'epochs', 'test_objects', 'num_points', 'seeds', 'corruption_seed')
"""Settings of a budget that are whole numbers."""


def run_study(contenders: list[Contender], reference: str, budget: Budget, out: Path, device: str | None = None) -> str:
    """Train and measure what is not measured yet; return the tables as Markdown.

    Args:
        contenders: rows of the table.
        reference: label of the row that errors are relative to.
        budget: how much work.
        out: folder of results; runs go to its ``runs``.
        device: ``cpu`` or ``cuda``; the GPU where there is one.

    Raises:
        UsageError: the reference is none of the rows.
    """
    labels = [contender.label for contender in contenders]
    if reference not in labels:
        raise UsageError(f'the reference row {reference!r} is none of the rows: {"; ".join(labels)}')
    train, test = (
        _dataset(split, count) for split, count in (('train', budget.objects), ('test', budget.test_objects))
    )
    store, keys = Store(out / NAME), {}
    store.refresh()
    for seed in range(budget.seeds):
        for contender in contenders:
            key = keys[contender.label, seed] = _key(contender, seed, budget, train, test)
            if key not in store.results:
                print(f'{contender.label}, seed {seed}', flush=True)
                record = _measure(contender, seed, budget, key, train, test, out, device)
                store.add(Result(key=key, label=f'{contender.label}, seed {seed}', record=record))
    results = [store.results[keys[label, seed]] for label in labels for seed in range(budget.seeds)]
    found = [result.record for result in results if result.record]
    tables = [accuracy_table(found), error_table(found, reference), severity_table(found)]
    return '\n'.join(as_markdown(table) for table in tables)


def _dataset(split: str, num_objects: int) -> Any:
    """Labelled objects that no pretraining has seen, and on which no recipe was chosen."""
    return DATASETS.build({**OBJECTS, 'split': split, 'num_objects': num_objects})


def _key(contender: Contender, seed: int, budget: Budget, train: Any, test: Any) -> str:
    """Digest of everything the result depends on."""
    settings = {**dataclasses.asdict(budget), 'seeds': None}
    weights = file_hash(contender.weights) if contender.weights else ''
    parts = [contender.name, weights, seed, settings, train.fingerprint, test.fingerprint, Corruption.version]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def train_classifier(
    contender: Contender, seed: int, budget: Budget, num_classes: int, work_dir: Path, device: str | None = None
) -> tuple[Any, Any]:
    """Train a classifier, or take the finished one of an earlier call.

    Args:
        contender: whom.
        seed: of initialisation, order and augmentation.
        budget: how much work.
        num_classes: number of classes.
        work_dir: where the run writes; an interrupted one goes on from its newest checkpoint.
        device: ``cpu`` or ``cuda``; the GPU where there is one.

    Returns:
        The classifier, and the config of its training.
    """
    config = load_config(contender.config, _options(contender, seed, budget, num_classes))
    # The last epoch counts, so nothing is measured on the way.
    config.val_cfg = config.val_dataloader = config.val_evaluator = None
    student = None if contender.name in SUPERVISED else contender.name
    weights = str(contender.weights) if contender.weights else None
    configure(config, work_dir=work_dir, resume='auto', weights=weights, backbone=student, device=device)
    target = work_dir / 'weights.safetensors'
    if not target.is_file():
        build_runner(config).train()
    model = MODELS.build(config.model.to_dict())
    model.load_state_dict(load_file(target))
    return model, config


def _options(contender: Contender, seed: int, budget: Budget, num_classes: int) -> dict[str, Any]:
    """Changes to a config that make the trainings alike; optimizer, rate and head remain each model's own."""
    points, epochs = budget.num_points, budget.epochs
    shared = {
        'train_dataloader.dataset': {**OBJECTS, 'split': 'train', 'num_objects': budget.objects, '_delete_': True},
        'train_cfg.max_epochs': epochs,
        'default_hooks.checkpoint.interval': 5,
        'randomness.seed': seed,
        'model.num_classes': num_classes,
        'data_preprocessor.train': [
            # 600 for 512, as configs/finetune/procedural.py.
            {'type': 'FPSSubsample', 'num_points': points, 'oversample': points * 1200 // 1024},
            {'type': 'UnitSphere'},
            {'type': 'RandomRotateGravity'},
        ],
    }
    schedules: dict[str, dict[str, Any]] = {
        'dgcnn': {'param_scheduler.T_max': epochs},
        # Steps of 8 in 100 epochs.
        'pointnet': {'param_scheduler.step_size': max(1, round(0.08 * epochs))},
        'pointnet2': {'param_scheduler.step_size': max(1, round(0.08 * epochs))},
    }
    cosine = {'param_scheduler.total': epochs, 'param_scheduler.warmup': min(2, epochs - 1)}
    return {**shared, **schedules.get(contender.name, cosine)}


def _measure(
    contender: Contender, seed: int, budget: Budget, key: str, train: Any, test: Any, out: Path, device: str | None
) -> Record:
    """Train one model and measure it under every corruption."""
    work_dir = out / 'runs' / f'{_slug(contender.label)}_{seed}_{key[:8]}'
    model, config = train_classifier(contender, seed, budget, len(test.classes), work_dir, device)
    found = measure_corruption(
        model,
        test,
        budget.num_points,
        budget.corruptions,
        budget.severities,
        budget.corruption_seed,
        device=config.device,
    )
    training = {
        'epochs': budget.epochs,
        'epoch_selection': 'last',
        'batch_size': config.train_dataloader.batch_size,
        'augmentation': [step['type'] for step in config.data_preprocessor.train],
    }
    dataset = {
        'name': 'ProceduralShapes',
        'variant': 'cad',
        'train_fingerprint': train.fingerprint,
        'test_fingerprint': test.fingerprint,
        'train_samples': len(train),
        'test_samples': len(test),
        'classes': len(test.classes),
    }
    return Record(
        model=contender.label,
        config=contender.config,
        config_sha256=config_hash(config),
        weights=contender.weights.name if contender.weights else 'scratch',
        weights_digest=tensor_digest(read_tensors(contender.weights)) if contender.weights else '',
        pretraining={},
        dataset=dataset,
        protocol={**found.protocol, **training, 'key': key},
        seed=seed,
        metrics=found.metrics,
        per_class=found.per_class,
        seconds=found.seconds,
        environment=environment(config.device),
    )


def _slug(label: str) -> str:
    """File name of a label."""
    return label.lower().replace(', ', '_').replace(' ', '-')


def _contenders(names: list[str], weights: list[str]) -> list[Contender]:
    """Rows of the command line: every name from scratch, then those with weights."""
    pretrained = []
    for entry in weights:
        name, _, path = entry.partition('=')
        if not Path(path).is_file():
            raise UsageError(f'--weights {entry}: expected NAME=FILE with a file that exists')
        pretrained.append(Contender(name, Path(path)))
    return [*(Contender(name) for name in names), *pretrained]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--models', nargs='+', default=['recon-nano', 'pointnet'], help='trained from scratch')
    parser.add_argument('--weights', nargs='+', default=[], metavar='NAME=FILE', help='more rows: pretrained students')
    parser.add_argument('--reference', default='pointnet', help='one of --models, the row errors are relative to')
    parser.add_argument('--device', choices=('cpu', 'cuda'))
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--corruptions', nargs='+', choices=CORRUPTIONS, default=CORRUPTIONS)
    parser.add_argument('--severities', nargs='+', type=int, choices=SEVERITIES, default=SEVERITIES)
    for name in NUMBERS:
        parser.add_argument(f'--{name.replace("_", "-")}', type=int, default=getattr(Budget, name))
    given = parser.parse_args(arguments)
    numbers = {name: getattr(given, name) for name in NUMBERS}
    budget = Budget(**numbers, corruptions=tuple(given.corruptions), severities=tuple(given.severities))
    try:
        rows = _contenders(given.models, given.weights)
        text = run_study(rows, Contender(given.reference).label, budget, given.out, given.device)
    except UsageError as error:
        parser.exit(2, f'{error}\n')
    write_whole(given.out / 'table.md', text)
    print(f'\n{text}')


if __name__ == '__main__':
    sys.exit(run_cli(main))
