"""Zero-shot: classes by their names.

Source: arXiv 2302.02318. The published tables mix the test split with train and test together, which are two protocols
here. On the built-in shapes, ten classes are kept out of every pretraining.
"""

from __future__ import annotations

from benchmarks.protocols.zero_shot import ZeroShot
from benchmarks.suites.data import UNSEEN, Source, built_in
from benchmarks.suites.job import Job
from benchmarks.suites.plans.common import column, ends, noted, rows_of, sheet, with_substitutes
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite

OFFICIAL = ['modelnet10', 'modelnet40', 'scanobjectnn-obj_bg', 'scanobjectnn-obj_only', 'scanobjectnn-pb_t50_rs']


def unseen(setup: Setup, variant: str) -> Source:
    """The classes of the built-in shapes that no pretraining sees."""
    return built_in(setup.profile, variant, UNSEEN)


def zero_shot_job(setup: Setup, model: Model, source: Source, seed: int) -> Job:
    """The job of one model on the test split of a source."""
    return setup.measure(ZeroShot(), model, source, seed, offline=setup.corpus.offline)


@suite('zero_shot')
def zero_shot(setup: Setup) -> list[Sheet]:
    """Zero-shot classification by class names; on the built-in shapes of classes that no pretraining saw."""
    models = [model for model in setup.models() if setup.speaks(model)]
    if not models:
        return []
    notes = [
        'Text stream alone, 60 prompts, mean of unit features; test split. The text teacher of the run is that of '
        'pretraining.',
    ]
    if not setup.profile.sources:
        notes.append(f'Chance is 10 % on the {len(UNSEEN)} classes that no pretraining saw: {", ".join(UNSEEN)}.')
    made = sheet(setup, 'zero_shot', 'Zero-shot, OA %', models, notes, baseline=False)
    sources = with_substitutes(setup, made, OFFICIAL, ['modelnet10-voxels', 'shapedb69'])
    variants = [] if setup.profile.sources else [name.removeprefix('procedural-') for name in ends(setup)]
    sources += noted(made, [unseen(setup, variant) for variant in variants])
    for source in sources:
        title = f'procedural {source.variant}, unseen' if source.name.startswith('procedural') else column(source)
        for model in rows_of(setup, models)[1:]:
            # Nothing is random after pretraining, so that only other weights are a repetition.
            for seed in sorted({setup.pretraining(model, seed).settings['seed'] for seed in setup.repetitions}):
                made.add(model.label, title, seed, zero_shot_job(setup, model, source, seed))
    return [made]
