"""Few-shot episodes.

Source: 5 or 10 ways, 10 or 20 shots, ten folds (arXiv 2111.14819). The literature fine-tunes every fold; here a linear
SVM reads frozen features, which the name of the protocol says.
"""

from __future__ import annotations

from functools import partial

from benchmarks.protocols.few_shot import FewShot
from benchmarks.suites.data import Source
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.common import available, stand_ins, table
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite
from benchmarks.suites.table import TablePlan


def few_shot_job(planner: Planner, ways: int, shots: int, source: Source, model: Model, seed: int) -> Job:
    """The job of one setting; supports come from the whole training split."""
    protocol = FewShot(ways, shots, source.queries or planner.profile.queries, planner.profile.folds)
    return planner.measure(protocol, source, model, seed, per_class=None)


@suite('few_shot', encoders=True)
def few_shot(planner: Planner) -> list[TablePlan]:
    """Few-shot episodes (5/10 ways, 10/20 shots, ten folds) by a linear SVM on frozen features."""
    profile, models, found = planner.profile, planner.models(), []
    sources, missing = available(planner, ['modelnet40'], [*stand_ins(planner), 'shapedb69'])
    for source in sources:
        notes = [
            f'{profile.folds} folds of {source.queries or profile.queries} queries a class, other episodes for every '
            'seed; a linear SVM (C = 0.075) on frozen features, not the fine-tuning of the literature.',
            'oa: mean over folds, with its 95 % interval over seeds. The literature prints the deviation over folds '
            'instead, which the records hold as oa_std.',
        ]
        name, title = f'few_shot_{source.name}', f'Few-shot on {source.title}, OA %'
        made = table(planner, name, title, models, notes, sources, missing)
        for ways, shots in profile.few_shot:
            made.fill(f'{ways}-way {shots}-shot', partial(few_shot_job, planner, ways, shots, source))
        found.append(made)
    return found
