"""How much harder than the whole surface is a scan? One student, from scratch, on every variant of the built-in shapes.

Every run trains the fine-tuning recipe from random weights on a variant and is measured on the same variant: the last
epoch, without voting. What an object looks like when scanned was settled on the validation split (``--split val``).

    python -m benchmarks.studies.scan_variants --out RESULTS [--runs FOLDER] [--split test] [--seeds 3]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.protocols.finetune import finetune
from benchmarks.records import Record, Result, Store, mean_interval
from benchmarks.records.environment import environment
from benchmarks.records.store import NAME
from benchmarks.report import Table, as_markdown
from zoo.engine.cli import run_cli
from zoo.io import write_whole
from zoo.registry import DATASETS

FINETUNE = 'configs/finetune/procedural.py'
BACKBONE = 'recon-nano'
MODEL = f'{BACKBONE} from scratch'
VARIANTS = ('cad', 'obj_only', 'obj_bg', 'pb_t50_rs')
"""From the easiest to the hardest."""

SEED = 1
"""Of the objects: those of the fine-tuning config."""


@dataclass(frozen=True)
class Budget:
    """How much work a run does.

    Attributes:
        objects: labelled training objects, the same ones in every variant.
        test_objects: objects it is measured on.
        epochs: of training.
        stored_points: points of a cloud as it is stored, the same for every variant.
    """

    objects: int = 860
    test_objects: int = 1290
    epochs: int = 20
    stored_points: int = 2048

    def dataset(self, variant: str, split: str) -> dict[str, Any]:
        """Config of the objects of one variant and split."""
        count = self.objects if split == 'train' else self.test_objects
        common = {'type': 'ProceduralShapes', 'num_points': self.stored_points, 'seed': SEED}
        return {**common, 'split': split, 'num_objects': count, 'variant': variant}


def run_study(
    out: Path,
    budget: Budget,
    *,
    seeds: int = 3,
    split: str = 'test',
    variants: tuple[str, ...] = VARIANTS,
    runs: Path | None = None,
    device: str = 'cpu',
) -> Table:
    """Measure what is not measured yet and return the table.

    Args:
        out: folder of results.
        budget: how much work a run does.
        seeds: runs of every variant.
        split: that is measured on: 'test', or 'val' to settle choices.
        variants: which ones.
        runs: folder in which training writes; ``out/runs`` by default.
        device: ``cpu`` or ``cuda``.
    """
    store, found = Store(out / NAME), []
    store.refresh()
    for seed in range(seeds):
        for variant in variants:
            train, test = (DATASETS.build(budget.dataset(variant, part)) for part in ('train', split))
            key = _key(budget, seed, train.fingerprint, test.fingerprint)
            if key not in store.results:
                print(f'{variant}, seed {seed}', flush=True)
                work_dir = (runs or out / 'runs') / f'{variant}_{split}_{seed}_{key}'
                record = _measure(budget, variant, split, seed, train, test, key, work_dir, device)
                store.add(Result(key=key, label=f'{variant}, seed {seed}', record=record))
            found += [record for record in (store.results[key].record,) if record]
    return study_table(found, split)


def study_table(records: list[Record], split: str = 'test') -> Table:
    """Mean and 95 % interval of every variant that was measured on a split, and its loss against the one before."""
    own = [record for record in records if record.dataset['split'] == split]
    found = {name: [record for record in own if record.dataset['variant'] == name] for name in VARIANTS}
    found = {name: group for name, group in found.items() if group}
    rows, before = [], None
    for name, group in found.items():
        accuracy = [record.metrics['oa'] for record in group]
        cells = [str(mean_interval([record.metrics[key] for record in group])) for key in ('oa', 'macc')]
        mean = float(np.mean(accuracy))
        rows.append([name, str(len(group)), *cells, '' if before is None else f'{mean - before:+.1f}'])
        before = mean
    last = own[-1]
    data, protocol = last.dataset, last.protocol
    return Table(
        f'{MODEL} on ProceduralShapes, {split} split (built-in substitute, not comparable with ScanObjectNN)',
        ['variant', 'seeds', 'OA %', 'mean class accuracy %', 'OA against the row above'],
        rows,
        [
            f'Trained from random weights on {data["train_samples"]} objects and measured on {data["samples"]} others '
            f'of {data["classes"]} classes, the same objects in every row; chance is {100 / data["classes"]:.1f} %.',
            f'{protocol["epochs"]} epochs, {protocol["points"]} of {protocol["stored_points"]} points by FPS, last '
            'epoch, no voting. Mean and 95 % t-interval over seeds of weights, order and augmentation.',
            'The scans were settled on the validation split, nothing on the test split.',
            f'Measured {last.date}, torch {last.environment["torch"]}, {last.environment["device"]}, '
            f'{last.environment["precision"]}, commit {last.environment["commit"]}.',
        ],
    )


def _key(budget: Budget, seed: int, *fingerprints: str) -> str:
    """Digest of everything a result depends on."""
    parts = [FINETUNE, BACKBONE, asdict(budget), seed, fingerprints]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _measure(
    budget: Budget, variant: str, split: str, seed: int, train: Any, test: Any, key: str, work_dir: Path, device: str
) -> Record:
    """Train on one variant and measure on it."""
    options = {
        'train_dataloader.dataset': {**budget.dataset(variant, 'train'), '_delete_': True},
        'test_dataloader.dataset': {**budget.dataset(variant, split), '_delete_': True},
        'train_cfg.max_epochs': budget.epochs,
        'param_scheduler.total': budget.epochs,
        'param_scheduler.warmup': min(2, budget.epochs - 1),
        'default_hooks.checkpoint.interval': 5,
        'model.num_classes': len(train.classes),
    }
    found = finetune(FINETUNE, work_dir, BACKBONE, None, seed, options, device)
    dataset = {
        'name': 'ProceduralShapes',
        'split': split,
        'variant': variant,
        'fingerprint': test.fingerprint,
        'samples': len(test),
        'classes': len(test.classes),
        'train_fingerprint': train.fingerprint,
        'train_samples': len(train),
    }
    return Record(
        model=MODEL,
        weights='scratch',
        pretraining={},
        dataset=dataset,
        protocol={**found.protocol, 'stored_points': budget.stored_points, 'key': key},
        seed=seed,
        metrics=found.metrics,
        per_class=found.per_class,
        seconds=found.seconds,
        environment=environment(device),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True, help='folder of records and table')
    parser.add_argument('--runs', type=Path, help='folder in which training writes; OUT/runs by default')
    parser.add_argument('--split', choices=('val', 'test'), default='test')
    parser.add_argument('--variants', nargs='+', choices=VARIANTS, default=VARIANTS)
    parser.add_argument('--seeds', type=int, default=3)
    parser.add_argument('--objects', type=int, default=Budget.objects)
    parser.add_argument('--test-objects', type=int, default=Budget.test_objects)
    parser.add_argument('--epochs', type=int, default=Budget.epochs)
    parser.add_argument('--device', default='cpu')
    given = parser.parse_args(arguments)
    budget = Budget(given.objects, given.test_objects, given.epochs)
    table = run_study(
        given.out,
        budget,
        seeds=given.seeds,
        split=given.split,
        variants=tuple(given.variants),
        runs=given.runs,
        device=given.device,
    )
    text = as_markdown(table)
    given.out.mkdir(parents=True, exist_ok=True)
    write_whole(given.out / 'table.md', text)
    print(f'\n{text}')


if __name__ == '__main__':
    sys.exit(run_cli(main))
