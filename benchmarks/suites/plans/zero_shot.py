"""Zero-shot: classes by their names.

Source: arXiv 2302.02318. The published tables mix the test split with train and test together, which are two protocols
here. On the built-in shapes, ten classes are kept out of every pretraining.
"""

from __future__ import annotations

from functools import partial

from benchmarks.protocols.zero_shot import ZeroShot
from benchmarks.suites.data import UNSEEN, Source, built_in
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.common import available, column, stand_ins, table
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite
from benchmarks.suites.table import TablePlan

OFFICIAL = ['modelnet10', 'modelnet40', 'scanobjectnn-obj_bg', 'scanobjectnn-obj_only', 'scanobjectnn-pb_t50_rs']


def unseen(planner: Planner, source: Source) -> Source:
    """The classes that no pretraining sees of the built-in shapes of a source."""
    return built_in(planner.profile, source.variant, UNSEEN)


def zero_shot_job(planner: Planner, source: Source, model: Model, seed: int) -> Job:
    """The job of one model on the test split of a source."""
    return planner.measure(ZeroShot(), source, model, seed, offline=planner.corpus.offline)


@suite('zero_shot')
def zero_shot(planner: Planner) -> list[TablePlan]:
    """Zero-shot classification by class names; on the built-in shapes of classes that no pretraining saw."""
    models = [model for model in planner.models() if planner.fits(ZeroShot, model)]
    if not models:
        return []
    notes = [
        'Text stream, with the image stream added where the teachers of both share one space (ConSE); 60 prompts, mean '
        'of unit features; test split. The text teacher of the run is that of pretraining.',
    ]
    sources, missing = available(planner, OFFICIAL, ['modelnet10-voxels', 'shapedb69'])
    if not planner.profile.sources:
        notes.append(f'Chance is 10 % on the {len(UNSEEN)} classes that no pretraining saw: {", ".join(UNSEEN)}.')
        sources += [unseen(planner, planner.source(name)) for name in stand_ins(planner)]
    made = table(planner, 'zero_shot', 'Zero-shot, OA %', models, notes, sources, missing, baseline=False)
    for source in sources:
        built = source.name.startswith('procedural')
        title = f'procedural {source.variant}, unseen' if built else column(source)
        # Nothing is random after pretraining, so that only other weights are a repetition.
        made.fill(title, partial(zero_shot_job, planner, source), seeds=planner.pretrain_seeds)
    return [made]
