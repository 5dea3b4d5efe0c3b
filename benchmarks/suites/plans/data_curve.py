"""How much data does a pretraining need?

Source: figure a of arXiv 2302.02318: transfer accuracy over the share of the pretraining data, for masked modeling,
contrast, and ReCon. Shares are nested, class-balanced and drawn once from a seed. In the paper the number of epochs is
the same, so that less data also means fewer steps; a second study keeps the steps.
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

SHARES = 'Shares are nested and class-balanced; the number of {}.'

NOTE = f'Linear SVM on frozen features. {LAST_EPOCH}'


@suite('data_curve', 'study')
def data_curve(planner: Planner) -> list[TablePlan]:
    """Transfer accuracy over the share of the pretraining data: MPM, CMC, SMC, ReCon."""
    said = SHARES.format('epochs is the same, so that less data means fewer steps')
    return _curves(planner, 'data_curve', 'over the share of the pretraining data', said, False)


@suite('data_curve_steps', 'study')
def data_curve_steps(planner: Planner) -> list[TablePlan]:
    """The same at equal steps, so that data and length are told apart."""
    said = SHARES.format('steps is the same, so that less data is seen more often')
    return _curves(planner, 'data_curve_steps', 'over the share of the pretraining data, at equal steps', said, True)


def _curves(planner: Planner, name: str, over: str, said: str, equal_steps: bool) -> list[TablePlan]:
    """A curve on every source.

    Args:
        planner: what was asked for.
        name: name of the study.
        over: what the curve is over, in words.
        said: note on the shares.
        equal_steps: whether less data is seen in more epochs.
    """
    profile, made = planner.profile, []
    models = planner.students({name: label for name, label in ROWS.items() if name in profile.methods})
    sources, missing = available(planner, ['scanobjectnn-pb_t50_rs', 'modelnet40'], hardest(planner))
    for source in sources if models else ():
        title = f'SVM on {source.title} {over}, OA %'
        axes, notes = ['share of the pretraining data', 'OA, %'], (said, NOTE)
        curve = table(planner, f'{name}_{source.name}', title, models, notes, sources, missing, curve=True, axes=axes)
        for percent in profile.fractions:
            epochs = round(profile.epochs * 100 / percent) if equal_steps else profile.epochs
            longer = replace(planner, profile=replace(profile, epochs=epochs))

            def job(
                model: Model, seed: int, source: Source = source, longer: Planner = longer, percent: int = percent
            ) -> Job:
                return longer.measure(SVM(), source, replace(model, fraction=percent), seed)

            curve.fill(f'{percent} %', job)
        made.append(curve)
    return made
