"""What everybody sees first: one table of all methods, and one method that is trained while a newcomer waits.

Nothing is measured for the table of all methods alone; its jobs are those of the suites of the single protocols.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from benchmarks.protocols.finetune import Finetune
from benchmarks.protocols.svm import SVM
from benchmarks.protocols.zero_shot import ZeroShot
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.frozen import few_shot_job, unseen, zero_shot_job
from benchmarks.suites.table import LAST_EPOCH, TablePlan, column, stand_ins, suite, table

LIVE = 'smc'
"""It reads points alone, so that nothing has to be rendered first."""

FINETUNE_SAMPLES = 2_580
"""Clouds of the fine-tuning, where the profile has none."""


@suite('leaderboard', encoders=True)
def leaderboard(planner: Planner) -> list[TablePlan]:
    """All methods on the built-in shapes: linear SVM, few-shot, zero-shot to unseen classes, fine-tuning."""
    models, profile = planner.models(), planner.profile
    tuned = profile.finetune_samples > 0 and any(model.pretrained for model in models)
    ways, shots = profile.few_shot[0]
    notes = [
        LAST_EPOCH,
        f'Few-shot: {profile.folds} folds, a linear SVM on frozen features. Zero-shot: ten classes that no pretraining '
        'saw, by their names; chance is 10 %; methods without a text query have none.',
        f'{"SVM and fine-tuning" if tuned else "SVM"}: {profile.labels_per_class} labels a class, other ones for every '
        'seed.',
    ]
    sources = [planner.source(name) for name in stand_ins(planner)]
    made = table(planner, 'leaderboard', 'All methods on the built-in shapes, OA %', models, notes, sources)
    trained = [model for model in made.models if planner.fits(Finetune, model)]
    speaking = [model for model in made.models if planner.fits(ZeroShot, model)]
    for source in sources:
        made.fill(column(source, 'SVM'), partial(planner.measure, SVM(), source))
        made.fill(column(source, f'{ways}-way {shots}-shot'), partial(few_shot_job, planner, ways, shots, source))
        if tuned and source is sources[-1]:
            made.fill(column(source, 'fine-tuned'), partial(planner.finetune, source), models=trained)
        job = partial(zero_shot_job, planner, unseen(planner, source))
        made.fill(column(source, 'zero-shot'), job, models=speaking, seeds=planner.pretrain_seeds)
    return [made]


@suite('live')
def live(planner: Planner) -> list[TablePlan]:
    """One method pretrained here, measured frozen and fine-tuned beside random weights."""
    samples = planner.profile.finetune_samples or FINETUNE_SAMPLES
    planner = replace(planner, profile=replace(planner.profile, released='', finetune_samples=samples))
    models = planner.students({LIVE: f'{LIVE}-{planner.profile.size}, pretrained here'}) or planner.models()
    notes = [
        LAST_EPOCH,
        f'{planner.profile.labels_per_class} labels a class, other ones for every seed. Fine-tuning: {samples} clouds, '
        'whole epochs.',
    ]
    source = planner.source(f'procedural-{planner.profile.variants[0]}')
    made = table(planner, 'live', 'Trained while you waited, OA %', models, notes, [source])
    trained = [model for model in made.models if planner.fits(Finetune, model)]
    made.fill(column(source, 'SVM'), partial(planner.measure, SVM(), source))
    made.fill(column(source, 'fine-tuned'), partial(planner.finetune, source), models=trained)
    return [made]
