"""How long does a pretraining need, and had it converged?

Every point is the student on the way of one run at its full schedule, not the end of a shorter one. The suites of a
profile that has this study measure the ends of the same runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.protocols.svm import SVM
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.common import available, hardest, on_the_way, table
from benchmarks.suites.plans.data_curve import ROWS
from benchmarks.suites.plans.few_shot import few_shot_job
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite
from benchmarks.suites.table import TablePlan

NOTES = (
    'Students on the way of one pretraining, in whole epochs; every point is shown and none selected. The learning '
    'rate falls over the whole run, so that an early point is no finished shorter training.',
    'From scratch: no sample seen, so that its figure is the same at every point.',
)


@suite('samples_seen', 'study')
def samples_seen(planner: Planner) -> list[TablePlan]:
    """Accuracy over the samples seen in one pretraining, and whether it had converged: MPM, CMC, SMC, ReCon."""
    planner = planner.unreleased
    profile = planner.profile
    models = planner.students({name: label for name, label in ROWS.items() if name in profile.methods})
    if not models:
        return []
    batch = planner.batch_size(models[0])
    whole_batches = planner.corpus.objects // batch * batch
    ways, shots = profile.few_shot[0]
    sources, missing = available(planner, ['scanobjectnn-pb_t50_rs', 'modelnet40'], hardest(planner))
    found = []
    for source in sources:
        for suffix, what, measure in (
            ('svm', 'SVM', partial(planner.measure, SVM(), source)),
            ('few_shot', f'{ways}-way {shots}-shot', partial(few_shot_job, planner, ways, shots, source)),
        ):
            name, title = f'samples_seen_{suffix}_{source.name}', f'{what} on {source.title} over samples seen, OA %'
            axes = ['samples seen in pretraining', 'OA, %']
            made = table(planner, name, title, models, NOTES, [source], missing, curve=True, doublings=True, axes=axes)
            for epoch in profile.doublings:
                made.fill(f'{epoch * whole_batches:,} samples', partial(_job, planner, measure, epoch))
            found.append(made)
    return found


def _job(planner: Planner, measure: Callable[[Model, int], Job], epoch: int, model: Model, seed: int) -> Job:
    """The job that measures a student after an epoch, or random weights."""
    job = measure(model, seed)
    return on_the_way(planner, job, epoch) if model.pretrained else job
