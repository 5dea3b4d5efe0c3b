"""What each part of ReCon is good for: one switch at a time.

Source: the ablations of arXiv 2302.02318. Every switch is an option of docs/ablations.md; rows are ReCon with that one
change, pretrained alike, measured by a linear SVM and by few-shot episodes on frozen features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.protocols.svm import SVM
from benchmarks.suites.plans.common import column, ends, rows_of, sheet, with_substitutes
from benchmarks.suites.plans.few_shot import few_shot_job
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite

Options = Mapping[str, Any]

FUSION = {
    'ReCon (two streams, cross-attention)': 'recon',
    'vanilla multi-task (one stream)': 'multitask',
    'two towers (nothing shared)': 'two-tower',
    'masked points alone (Point-MAE)': 'point-mae',
    'cross-modal contrast alone (CMC)': 'cmc',
    'single-modal contrast alone (SMC)': 'smc',
}


LOCAL: dict[str, Options] = {
    'points': {},
    'dVAE (token ids)': {
        'model.objectives.reconstruct': None,
        'model.objectives.tokens.type': 'PredictTokens',
        'model.objectives.tokens.teacher.type': 'DVAETokenizer',
        'model.objectives.tokens.teacher.trained_by': 'configs/point_bert/dvae_nano.py',
        'model.objectives.tokens.teacher.num_tokens': 256,
        'model.objectives.tokens.teacher.embed_dim': 96,
        'model.objectives.tokens.decoder.depth': 2,
    },
    'ACT (features)': {
        'model.objectives.reconstruct': None,
        'model.objectives.features.type': 'PredictFeatures',
        'model.objectives.features.teacher.type': 'CrossModalTokenizer',
        'model.objectives.features.teacher.trained_by': 'configs/act/autoencoder_nano.py',
        'model.objectives.features.teacher.num_tokens': 256,
        'model.objectives.features.teacher.embed_dim': 96,
        'model.objectives.features.decoder.depth': 2,
    },
    'none': {'model.objectives.reconstruct': None},
}

TEACHER: dict[str, Options] = {
    'image and text, frozen': {},
    'image teacher trained along': {'model.objectives.image.teacher.frozen': False},
    'image alone': {'model.objectives.text': None},
    'text alone': {'model.objectives.image': None},
    'neither': {'model.objectives.image': None, 'model.objectives.text': None},
}

STOP_GRADIENT: dict[str, Options] = {
    'stop-gradient (ReCon)': {},
    'queries move the patch tokens': {'model.backbone.stop_gradient': False},
}

LOSS: dict[str, Options] = {
    'smooth L1 (ReCon)': {},
    'squared error': {'model.objectives.image.loss': 'mse', 'model.objectives.text.loss': 'mse'},
    'cosine': {'model.objectives.image.loss': 'cosine', 'model.objectives.text.loss': 'cosine'},
    'InfoNCE': {'model.objectives.image.loss': 'info_nce', 'model.objectives.text.loss': 'info_nce'},
    'Chamfer-L1 for the points': {'model.objectives.reconstruct.norm': 1},
}

MASK: dict[str, Options] = {
    'random 0.6 (ReCon)': {},
    'random 0.2': {'model.mask.ratio': 0.2},
    'random 0.4': {'model.mask.ratio': 0.4},
    'random 0.8': {'model.mask.ratio': 0.8},
    'block 0.6': {'model.mask.type': 'block'},
    'replaced, no decoder': {
        'model.backbone.masked_tokens': 'replace',
        'model.objectives.reconstruct.decoder': None,
    },
}


def ablation(setup: Setup, name: str, title: str, models: Sequence[Model]) -> list[Sheet]:
    """A sheet of variants of one method.

    Args:
        setup: what was asked for.
        name: of the files.
        title: of the table.
        models: rows; the first is the one that the others change.
    """
    if not models:
        return []
    notes = ['Linear SVM and few-shot episodes on frozen features; nothing selected on the test split.']
    made = sheet(setup, name, title, models, notes)
    made.reference = models[0].label
    ways, shots = setup.profile.few_shot[0]
    for source in with_substitutes(setup, made, ['modelnet40', 'scanobjectnn-pb_t50_rs'], ends(setup)):
        for model in rows_of(setup, models):
            for seed in setup.repetitions:
                made.add(model.label, column(source, 'SVM'), seed, setup.measure(SVM(), model, source, seed))
                job = few_shot_job(setup, model, source, seed, ways, shots)
                made.add(model.label, column(source, f'{ways}-way {shots}-shot'), seed, job)
    return [made]


def _switched(setup: Setup, rows: Mapping[str, Options]) -> list[Model]:
    """ReCon with one change a row."""
    students = setup.chosen([f'recon-{setup.profile.size}'])
    return [Model(label, student, options) for student in students for label, options in rows.items()]


@suite('ablation_fusion', 'table')
def fusion(setup: Setup) -> list[Sheet]:
    """ReCon against multi-task, two towers and each objective alone."""
    size = setup.profile.size
    rows = {f'{method}-{size}': label for label, method in FUSION.items() if method in setup.profile.methods}
    models = [Model(rows[student], student) for student in setup.chosen(list(rows))]
    return ablation(setup, 'ablation_fusion', 'How contrast and reconstruction are joined, OA %', models)


@suite('ablation_teacher', 'table')
def teacher(setup: Setup) -> list[Sheet]:
    """Global teachers of ReCon: which, and frozen or trained along."""
    rows = _switched(setup, TEACHER)
    return ablation(setup, 'ablation_teacher', 'Global teachers of ReCon, OA %', rows)


@suite('ablation_stop_gradient', 'table')
def stop_gradient(setup: Setup) -> list[Sheet]:
    """ReCon with and without the stop-gradient between its streams."""
    rows = _switched(setup, STOP_GRADIENT)
    return ablation(setup, 'ablation_stop_gradient', 'Stop-gradient between the streams of ReCon, OA %', rows)


@suite('ablation_local_teacher', 'table')
def local_teacher(setup: Setup) -> list[Sheet]:
    """Local teacher of ReCon: points, token ids, features, none."""
    rows = _switched(setup, LOCAL)
    return ablation(setup, 'ablation_local_teacher', 'Local teacher of ReCon, OA %', rows)


@suite('ablation_loss', 'table')
def loss(setup: Setup) -> list[Sheet]:
    """Losses of ReCon's queries and points."""
    return ablation(setup, 'ablation_loss', 'Losses of ReCon, OA %', _switched(setup, LOSS))


@suite('ablation_mask', 'table')
def mask(setup: Setup) -> list[Sheet]:
    """Mask ratio and kind of ReCon."""
    return ablation(setup, 'ablation_mask', 'Masks of ReCon, OA %', _switched(setup, MASK))
