"""Every method at one budget: pretrained on a pack of real shapes, measured on its test split and on other packs.

Every seed pretrains anew; a linear SVM on frozen features and full fine-tuning follow on the labelled training split of
every pack. Random weights of the same seeds are the reference row. All methods get the same objects, steps, batch and
augmentation; what supervises them differs and stands in the table.

    python -m benchmarks.studies.pack_transfer --pretrain NAME=POINTS.npz --views VIEWS.npz --also NAME=POINTS.npz
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.protocols.finetune import finetune
from benchmarks.protocols.measurement import Measurement
from benchmarks.protocols.pretrain import file_sha256
from benchmarks.protocols.svm import measure_svm
from benchmarks.records import Record, read_records
from benchmarks.records.record import environment
from benchmarks.studies.packs import Pack
from benchmarks.studies.recipe import Recipe, choose_rate, finetune_options
from benchmarks.studies.students import pretrain_student, supervision, tokenizers_of, train_tokenizer
from benchmarks.studies.transfer_table import SCRATCH, transfer_table
from zoo.engine.cli import ArgumentParser, run_cli
from zoo.errors import UsageError
from zoo.hub import backbone_config, load_weights
from zoo.hub.names import ROOT, parse_name
from zoo.registry import MODELS

METHODS = ('point-mae', 'point-bert', 'act', 'smc', 'recon-smc', 'cmc', 'multitask', 'two-tower', 'recon')
BASELINE = 'point-mae-nano'
"""The student whose random weights are the reference row: the plain transformer."""


@dataclass(frozen=True)
class Study:
    """What is pretrained, on what, and where it is measured.

    Attributes:
        pack: pretraining data; its test split is the first place of measurement.
        others: further packs, measured by their own splits.
        students: names such as ``recon-nano``.
        seeds: repetitions of everything.
        epochs: of pretraining.
        num_points: points per cloud downstream.
        finetune_samples: clouds seen in fine-tuning, rounded to whole epochs of a pack.
        out: folder of records, runs and the chosen recipe.
    """

    pack: Pack
    others: tuple[Pack, ...]
    students: tuple[str, ...]
    seeds: int
    epochs: int
    num_points: int
    finetune_samples: int
    out: Path


@dataclass(frozen=True)
class Job:
    """One student, one seed: pretrain it and measure it everywhere."""

    study: Study
    student: str
    seed: int
    recipe: Recipe


def run_study(study: Study, rates: tuple[float, ...], jobs: int = 1) -> list[Record]:
    """Measure what is not measured yet and return all records.

    Args:
        study: the plan.
        rates: learning rates of fine-tuning to choose from, on held-out training objects.
        jobs: processes; with more than one, each computes with one thread.
    """
    runs = study.out / 'runs'
    for config in sorted({config for student in study.students for config in tokenizers_of(student)}):
        print(f'tokenizer {config}', flush=True)
        train_tokenizer(study.pack, config, study.epochs, runs)
    recipe = choose_rate(study.pack, BASELINE, rates, study.finetune_samples, study.num_points, study.out)
    plan = [Job(study, student, seed, recipe) for seed in range(study.seeds) for student in (SCRATCH, *study.students)]
    for done, job in enumerate(_measured(plan, jobs), 1):
        print(f'[{done}/{len(plan)}] {job}', flush=True)
    return list(read_records(study.out / 'records'))


def _measured(plan: list[Job], jobs: int) -> Iterator[str]:
    """Run the plan and yield what has been done."""
    if jobs == 1:
        yield from map(run_job, plan)
        return
    with multiprocessing.get_context('spawn').Pool(jobs, torch.set_num_threads, (1,)) as pool:
        yield from pool.imap_unordered(run_job, plan)


def run_job(job: Job) -> str:
    """Pretrain and measure one student of one seed; whatever has a record is left as it is."""
    study = job.study
    for pack in (study.pack, *study.others):
        for protocol in (_svm, _finetune):
            path = study.out / 'records' / _file_name(job, pack, protocol.__name__.strip('_'))
            if not path.is_file():
                weights = None
                if job.student != SCRATCH:
                    weights = pretrain_student(study.pack, job.student, job.seed, study.epochs, study.out / 'runs')
                _record(job, pack, weights, protocol(job, pack, weights)).save(path)
    return f'{job.student}, seed {job.seed}'


def _file_name(job: Job, pack: Pack, protocol: str) -> str:
    """Name of a record."""
    return '_'.join([job.student.replace(' ', '-'), pack.name.split()[0].lower(), protocol, str(job.seed)]) + '.json'


def _svm(job: Job, pack: Pack, weights: Path | None) -> Measurement:
    """Linear SVM on frozen features."""
    torch.manual_seed(job.seed)
    student = BASELINE if weights is None else job.student
    model = MODELS.build({'type': 'FeatureExtractor', 'backbone': backbone_config(student, 'features')})
    if weights is not None:
        load_weights(model, weights)
    return measure_svm(model, pack.split('train'), pack.split('test'), job.study.num_points, seed=job.seed)


def _finetune(job: Job, pack: Pack, weights: Path | None) -> Measurement:
    """Full fine-tuning by the recipe."""
    train, test = pack.config('train'), pack.config('test')
    options = finetune_options(train, test, job.study.finetune_samples, job.study.num_points, job.recipe.rate)
    run = job.study.out / 'runs' / f'{_file_name(job, pack, "finetune")[:-5]}'
    student = BASELINE if weights is None else job.student
    source = None if weights is None else str(weights)
    found = finetune(job.recipe.config, run, student, source, job.seed, options)
    return dataclasses.replace(found, protocol={**found.protocol, 'recipe_selection': job.recipe.selection})


def _record(job: Job, pack: Pack, weights: Path | None, found: Measurement) -> Record:
    """Record of one measurement."""
    study, train, test = job.study, pack.split('train'), pack.split('test')
    pretraining = {
        'data': study.pack.name,
        'split': 'train',
        'objects': len(study.pack.split('train')),
        'epochs': study.epochs,
        'supervision': supervision(job.student) if weights else '',
        'seed': job.seed,
    }
    config = parse_name(job.student if weights else BASELINE).config
    return Record(
        model=job.student,
        config=config.relative_to(ROOT).as_posix(),
        config_sha256=file_sha256(config),
        weights=weights.name if weights else 'scratch',
        weights_sha256=file_sha256(weights) if weights else '',
        pretraining=pretraining if weights else {},
        dataset={
            'name': pack.name,
            'train_fingerprint': train.fingerprint,
            'test_fingerprint': test.fingerprint,
            'train_samples': len(train),
            'test_samples': len(test),
            'classes': len(test.classes),
        },
        protocol=found.protocol,
        seed=job.seed,
        metrics=found.metrics,
        per_class=found.per_class,
        seconds=found.seconds,
        environment=environment(),
    )


def _named_pack(text: str, views: str = '') -> Pack:
    """Read ``NAME=PATH``."""
    name, equals, path = text.partition('=')
    if not equals or not name:
        raise UsageError(f'{text}: expected NAME=POINTS.npz')
    return Pack(name, path, views)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study from the command line and write its table."""
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('--pretrain', required=True, metavar='NAME=NPZ', help='pack to pretrain on, with a test split')
    add('--views', default='', metavar='NPZ', help='its pictures, for methods with an image teacher')
    add('--also', nargs='*', default=[], metavar='NAME=NPZ', help='further packs to measure on')
    add('--students', nargs='+', default=[f'{method}-nano' for method in METHODS])
    add('--seeds', type=int, default=3)
    add('--epochs', type=int, default=10, help='of pretraining')
    add('--finetune-samples', type=int, default=16_000, help='clouds seen in fine-tuning')
    add(
        '--rates',
        type=float,
        nargs='+',
        default=[3e-4, 1e-3, 3e-3],
        help='learning rates of fine-tuning to choose from',
    )
    add('--num-points', type=int, default=512)
    add('--jobs', type=int, default=1, help='processes')
    add('--note', action='append', default=[], help='a sentence about the data that stands under the table')
    add('--out', type=Path, required=True)
    given = parser.parse_args(arguments)
    study = Study(
        _named_pack(given.pretrain, given.views),
        tuple(map(_named_pack, given.also)),
        tuple(given.students),
        given.seeds,
        given.epochs,
        given.num_points,
        given.finetune_samples,
        given.out,
    )
    table = transfer_table(run_study(study, tuple(given.rates), given.jobs), given.note).markdown()
    (given.out / 'table.md').write_text(table, encoding='utf-8')
    print(f'\n{table}')


if __name__ == '__main__':
    sys.exit(run_cli(main))
