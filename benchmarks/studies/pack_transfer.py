"""Does pretraining on a pack help a linear SVM on its test split?

Every seed pretrains anew on the training split, Point-MAE on clouds alone, ReCon with the pack's views and class names,
and fits the SVM on the same split's labels. Random weights of the same seed are the reference row.

    python -m benchmarks.studies.pack_transfer --points P.npz --views V.npz --out RESULTS
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.protocols.pretrain import file_sha256, pretrain
from benchmarks.protocols.svm import measure_svm
from benchmarks.records import Record, mean_interval, read_records
from benchmarks.records.record import environment
from benchmarks.report import Table
from zoo.hub import backbone_config, load_weights
from zoo.registry import DATASETS, MODELS

SCRATCH = 'from scratch'


@dataclass(frozen=True)
class Pack:
    """A pack and what it is called in tables."""

    name: str
    points: str
    views: str

    def split(self, split: str) -> Any:
        """Clouds and labels of one split."""
        return DATASETS.build({'type': 'ShapePack', 'points': self.points, 'split': split})

    def pretraining(self, with_teachers: bool) -> dict[str, Any]:
        """Config of the unlabelled training data; views and class names only for students that have teachers."""
        cfg = {'type': 'ShapePack', 'points': self.points, 'split': 'train', '_delete_': True}
        return {**cfg, 'images': self.views, 'texts': True} if with_teachers else cfg


def run_study(pack: Pack, students: list[str], seeds: int, epochs: int, num_points: int, out: Path) -> Table:
    """Pretrain and measure what is not measured yet; return the table.

    Args:
        pack: the data.
        students: names such as ``recon-nano``.
        seeds: repetitions of pretraining and SVM.
        epochs: of pretraining.
        num_points: points per cloud.
        out: folder of records; runs go to its ``runs``.
    """
    train, test = pack.split('train'), pack.split('test')
    for seed in range(seeds):
        for student in (SCRATCH, *students):
            path = out / 'records' / f'{student.replace(" ", "-")}_{seed}.json'
            if not path.is_file():
                print(f'{student}, seed {seed}', flush=True)
                weights = None if student == SCRATCH else _pretrain(pack, student, seed, epochs, out)
                backbone = students[0] if student == SCRATCH else student
                _measure(pack, student, backbone, weights, train, test, seed, epochs, num_points).save(path)
    return study_table(pack, [SCRATCH, *students], list(read_records(out / 'records')))


def study_table(pack: Pack, students: list[str], records: list[Record]) -> Table:
    """Mean and 95 % interval of every student."""
    rows = []
    for student in students:
        own = [record for record in records if record.model == student]
        cells = [str(mean_interval([record.metrics[key] for record in own])) for key in ('oa', 'macc')]
        rows.append([student, own[0].pretraining.get('teachers', '-'), str(len(own)), *cells])
    last = records[-1]
    return Table(
        f'Linear SVM on {pack.name}',
        ['student', 'teachers in pretraining', 'seeds', 'OA %', 'mean class accuracy %'],
        rows,
        [
            f'Pretrained on the {last.dataset["train_samples"]} training objects of {pack.name}, '
            f'{last.pretraining.get("epochs", 0)} epochs; measured on its {last.dataset["test_samples"]} test objects '
            f'of {last.dataset["classes"]} classes. ReCon reads class names in pretraining, as the reference does.',
            f'LinearSVC, C = {last.protocol["C"]}, {last.protocol["points"]} points by FPS, last epoch, no voting; '
            'nothing selected on the test split. Mean and 95 % t-interval over seeds of pretraining.',
            f'Measured {last.date}, torch {last.environment["torch"]}, {last.environment["device"]}, '
            f'{last.environment["precision"]}, commit {last.environment["commit"]}.',
        ],
    )


def _pretrain(pack: Pack, student: str, seed: int, epochs: int, out: Path) -> Path:
    """Weights of one pretraining run on the pack."""
    method, size = student.rsplit('-', 1)
    options = {
        'train_dataloader.dataset': pack.pretraining(with_teachers=method != 'point-mae'),
        'randomness.seed': seed,
        'train_cfg.max_epochs': epochs,
        'param_scheduler.total': epochs,
        'default_hooks.checkpoint.interval': 10,
    }
    config = f'configs/{method.replace("-", "_")}/{size}.py'
    return pretrain(config, out / 'runs' / f'{student}_{seed}', options)


def _measure(
    pack: Pack,
    student: str,
    backbone: str,
    weights: Path | None,
    train: Any,
    test: Any,
    seed: int,
    epochs: int,
    num_points: int,
) -> Record:
    """Fit and measure the SVM on the student's features."""
    torch.manual_seed(seed)
    model = MODELS.build({'type': 'FeatureExtractor', 'backbone': backbone_config(backbone, 'features')})
    if weights is not None:
        load_weights(model, weights)
    metrics, protocol, seconds = measure_svm(model, train, test, num_points, seed=seed)
    teachers = (
        'points' if backbone.startswith('point-mae') else 'points, EfficientNet-Lite0 (ImageNet), MiniLM (sentences)'
    )
    dataset = {
        'name': pack.name,
        'train_fingerprint': train.fingerprint,
        'test_fingerprint': test.fingerprint,
        'train_samples': len(train),
        'test_samples': len(test),
        'classes': len(test.classes),
    }
    pretraining = {'data': pack.name, 'split': 'train', 'epochs': epochs, 'teachers': teachers, 'seed': seed}
    return Record(
        model=student,
        weights=weights.name if weights else 'scratch',
        weights_sha256=file_sha256(weights) if weights else '',
        pretraining=pretraining if weights else {},
        dataset=dataset,
        protocol=protocol,
        seed=seed,
        metrics=metrics,
        seconds=seconds,
        environment=environment(),
    )


def main() -> None:
    """Run the study from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--name', default='pack', help='what the pack is called in the table')
    parser.add_argument('--points', required=True, help='NPZ pack of clouds')
    parser.add_argument('--views', required=True, help='NPZ pack of views')
    parser.add_argument('--students', nargs='+', default=['recon-nano', 'point-mae-nano'])
    parser.add_argument('--seeds', type=int, default=3)
    parser.add_argument('--epochs', type=int, default=40)
    parser.add_argument('--num-points', type=int, default=512)
    parser.add_argument('--out', type=Path, required=True)
    given = parser.parse_args()
    pack = Pack(given.name, given.points, given.views)
    table = run_study(pack, given.students, given.seeds, given.epochs, given.num_points, given.out).markdown()
    (given.out / 'table.md').write_text(table, encoding='utf-8')
    print(f'\n{table}')


if __name__ == '__main__':
    main()
