"""What a newcomer sees being trained: one method, from the first step to the classifier."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.protocols.finetune import Finetune
from benchmarks.protocols.svm import SVM
from benchmarks.suites.plans.common import LAST_EPOCH, column, noted, sheet
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite

METHOD = 'smc'
"""It reads points alone, so that nothing has to be rendered first."""

FINETUNE_SAMPLES = 2_580
"""Clouds of the fine-tuning, where the profile has none."""


@suite('live')
def live(setup: Setup) -> list[Sheet]:
    """One method pretrained here, measured frozen and fine-tuned beside random weights."""
    samples = setup.profile.finetune_samples or FINETUNE_SAMPLES
    here = replace(setup, profile=replace(setup.profile, released='', finetune_samples=samples))
    student = f'{METHOD}-{setup.profile.size}'
    models = [Model(f'{student}, pretrained here', student)] if here.chosen([student]) else here.models()
    notes = [
        LAST_EPOCH,
        f'{setup.profile.labels_per_class} labels a class, other ones for every seed. Fine-tuning: '
        f'{samples} clouds, whole epochs.',
    ]
    made = sheet(here, 'live', 'Trained while you waited, OA %', models, notes)
    (source,) = noted(made, [here.source(f'procedural-{here.profile.variants[0]}')])
    for model in (here.baseline, *models):
        for seed in here.repetitions:
            made.add(model.label, column(source, 'SVM'), seed, here.measure(SVM(), model, source, seed))
            if here.fits(Finetune, model):
                made.add(model.label, column(source, 'fine-tuned'), seed, here.finetune(model, source, seed))
    return [made]
