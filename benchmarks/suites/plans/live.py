"""What a newcomer sees being trained: one method, from the first step to the classifier."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from benchmarks.protocols.finetune import Finetune
from benchmarks.protocols.svm import SVM
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.common import LAST_EPOCH, column, table
from benchmarks.suites.suite import suite
from benchmarks.suites.table import TablePlan

METHOD = 'smc'
"""It reads points alone, so that nothing has to be rendered first."""

FINETUNE_SAMPLES = 2_580
"""Clouds of the fine-tuning, where the profile has none."""


@suite('live')
def live(planner: Planner) -> list[TablePlan]:
    """One method pretrained here, measured frozen and fine-tuned beside random weights."""
    samples = planner.profile.finetune_samples or FINETUNE_SAMPLES
    planner = replace(planner, profile=replace(planner.profile, released='', finetune_samples=samples))
    models = planner.students({METHOD: f'{METHOD}-{planner.profile.size}, pretrained here'}) or planner.models()
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
