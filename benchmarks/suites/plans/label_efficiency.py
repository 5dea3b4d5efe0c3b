"""How many labels does a pretraining save?

The data curve of the paper asks how much unlabeled data a pretraining needs; this one asks what its students need to
learn a task, fine-tuned or frozen under a linear SVM. Shares of the labels are nested and class-balanced, drawn anew
for every seed; a class keeps one object at least. The number of clouds that fine-tuning sees is the same for all, so
that fewer labels are seen more often, and so is the rate, chosen with all labels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from benchmarks.protocols.svm import SVM
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.common import LAST_EPOCH, SUPERVISED_BY, available, hardest, table
from benchmarks.suites.plans.data_curve import ROWS
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite
from benchmarks.suites.table import TablePlan

SHARES = (1, 5, 10, 50)
"""In percent."""

NOTES = (
    'A share of the labels: nested, class-balanced, drawn anew for every seed, one object a class at least. The clouds '
    'seen in fine-tuning are as many at every share, and the rate, chosen on random weights, is the same for all rows.',
    'Rows that say frozen: a linear SVM (C = 0.075) on features of the same weights and labels.',
    LAST_EPOCH,
)


@suite('label_efficiency', 'study')
def label_efficiency(planner: Planner) -> list[TablePlan]:
    """Fine-tuned and frozen with 1, 5, 10 and 50 % of the labels against random weights: MPM, CMC, SMC, ReCon."""
    models = planner.students({name: label for name, label in ROWS.items() if name in planner.profile.methods})
    sources, missing = available(planner, ['scanobjectnn-pb_t50_rs', 'modelnet40'], hardest(planner)[-1:])
    found = []
    for source in sources if models else ():
        name, title = f'label_efficiency_{source.name}', f'{source.title} by share of the labels, OA %'
        axes = ['share of the labels', 'OA, %']
        made = table(planner, name, title, models, NOTES, sources, missing, curve=True, axes=axes)
        frozen = [replace(model, label=f'{model.label}, frozen, SVM') for model in made.models]
        for percent in SHARES:
            made.fill(f'{percent} %', partial(_job, partial(planner.finetune, source), percent))
            svm = partial(planner.measure, SVM(), source)
            made.fill(f'{percent} %', partial(_job, svm, percent), models=frozen)
        supervised = made.about[SUPERVISED_BY]
        supervised |= {model.label: planner.supervised_by(model) for model in frozen}
        found.append(made)
    return found


def _job(measure: Callable[[Model, int], Job], percent: int, model: Model, seed: int) -> Job:
    """The job that measures with a share of the labels."""
    job = measure(model, seed)
    return replace(job, settings={**job.settings, 'label_share': percent}, label=f'{job}, {percent} % of the labels')
