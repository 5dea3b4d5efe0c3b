"""How much data does a pretraining need?

Source: figure a of arXiv 2302.02318: transfer accuracy over the share of the pretraining data, for masked modelling,
contrast, and ReCon. Shares are nested, class-balanced and drawn once from a seed; the number of epochs is the same, so
that less data also means fewer steps, as in the released code.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.protocols.svm import SVM
from benchmarks.suites.data import Source
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.common import LAST_EPOCH, available, hardest, table
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite
from benchmarks.suites.table import TablePlan

ROWS = {'point-mae': 'MPM (Point-MAE)', 'cmc': 'CMC', 'smc': 'SMC', 'recon': 'ReCon'}

NOTES = (
    'Shares are nested and class-balanced; the number of epochs is the same, so that less data means fewer steps.',
    f'Linear SVM on frozen features. {LAST_EPOCH}',
)


@suite('data_curve', 'study')
def data_curve(planner: Planner) -> list[TablePlan]:
    """Transfer accuracy over the share of the pretraining data: MPM, CMC, SMC, ReCon."""
    models = planner.students({name: label for name, label in ROWS.items() if name in planner.profile.methods})
    sources, missing = available(planner, ['scanobjectnn-pb_t50_rs', 'modelnet40'], hardest(planner))
    return [_curve(planner, source, models, sources, missing) for source in sources] if models else []


def _curve(
    planner: Planner, source: Source, models: list[Model], sources: list[Source], missing: dict[str, str]
) -> TablePlan:
    """The curve on one source."""
    name, title = f'data_curve_{source.name}', f'SVM on {source.title} over the share of the pretraining data, OA %'
    axes = ['share of the pretraining data', 'OA, %']
    made = table(planner, name, title, models, NOTES, sources, missing, curve=True, axes=axes)
    for percent in planner.profile.fractions:

        def job(model: Model, seed: int, percent: int = percent) -> Job:
            return planner.measure(SVM(), source, replace(model, fraction=percent), seed)

        made.fill(f'{percent} %', job)
    return made
