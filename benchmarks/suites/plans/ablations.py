"""What each part of ReCon is good for: one switch at a time.

Source: the ablations of arXiv 2302.02318. Every switch is an option of docs/ablations.md; rows are ReCon with that one
change, pretrained alike, measured by a linear SVM and by few-shot episodes on frozen features, and where rows differ in
how they learn from texts, by zero-shot classification.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from benchmarks.protocols.svm import SVM
from benchmarks.protocols.zero_shot import ZeroShot
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.frozen import few_shot_job, unseen, zero_shot_job
from benchmarks.suites.table import TablePlan, available, column, stand_ins, suite, table

Options = Mapping[str, Any]

FUSION = {
    'recon': 'ReCon (two streams, cross-attention)',
    'multitask': 'vanilla multi-task (one stream)',
    'two-tower': 'two towers (nothing shared)',
    'point-mae': 'masked points alone (Point-MAE)',
    'cmc': 'cross-modal contrast alone (CMC)',
    'smc': 'single-modal contrast alone (SMC)',
}
"""Label by method."""

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

ABLATIONS: dict[str, tuple[str, str, Mapping[str, str | Options]]] = {
    'fusion': (
        'ReCon against multi-task, two towers and each objective alone',
        'How contrast and reconstruction are joined',
        {label: method for method, label in FUSION.items()},
    ),
    'teacher': ('Global teachers of ReCon: which, and frozen or trained along', 'Global teachers of ReCon', TEACHER),
    'stop_gradient': (
        'ReCon with and without the stop-gradient between its streams',
        'Stop-gradient between the streams of ReCon',
        STOP_GRADIENT,
    ),
    'local_teacher': ('Local teacher of ReCon: points, token ids, features, none', 'Local teacher of ReCon', LOCAL),
    'loss': ("Losses of ReCon's queries and points", 'Losses of ReCon', LOSS),
    'mask': ('Mask ratio and kind of ReCon', 'Masks of ReCon', MASK),
}
"""What the list says, title of the table, and its rows: another method or changes of ReCon, by label."""


def ablation(planner: Planner, name: str, title: str, rows: Mapping[str, str | Options]) -> list[TablePlan]:
    """A table of other methods or of ReCon with one change a row; the first row is the one that the others change.

    Args:
        planner: what was asked for.
        name: name of the ablation.
        title: title of the table.
        rows: method, or changes of ReCon, by label.
    """
    models, text = [], False
    for label, changed in rows.items():
        method, options = (changed, {}) if isinstance(changed, str) else ('recon', changed)
        text |= any(key.startswith('model.objectives.text') for key in options)
        if method in planner.profile.methods:
            models += planner.students({method: label}, options=options)
    if not models:
        return []
    notes = ['Linear SVM and few-shot episodes on frozen features; nothing selected on the test split.']
    if text:
        notes.append(
            'Zero-shot by the text stream and 60 prompts; of the built-in shapes, ten classes no pretraining saw.'
        )
    ways, shots = planner.profile.few_shot[0]
    sources, missing = available(planner, ['modelnet40', 'scanobjectnn-pb_t50_rs'], stand_ins(planner))
    reference = models[0].label
    made = table(planner, f'ablation_{name}', f'{title}, OA %', models, notes, sources, missing, reference=reference)
    for source in sources:
        made.fill(column(source, 'SVM'), partial(planner.measure, SVM(), source))
        made.fill(column(source, f'{ways}-way {shots}-shot'), partial(few_shot_job, planner, ways, shots, source))
    # Where rows differ in how the text is learned, it is asked what it is good for.
    fitting = [model for model in made.models if text and planner.fits(ZeroShot, model)]
    for source in sources if fitting else ():
        place = unseen(planner, source) if source.name.startswith('procedural') else source
        job = partial(zero_shot_job, planner, place)
        made.fill(column(place, 'zero-shot'), job, models=fitting, seeds=planner.pretrain_seeds)
    return [made]


for name, (about, title, rows) in ABLATIONS.items():
    suite(f'ablation_{name}', 'table', about=about)(partial(ablation, name=name, title=title, rows=rows))
