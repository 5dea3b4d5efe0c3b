"""Frozen encoders, one table for every suite that protocols name: linear SVM and nearest neighbors, trained heads.

Source: arXiv 2302.02318 (linear SVM on ModelNet40, MLP-Linear and MLP-3 on ScanObjectNN). All read one extraction of
features for each set of weights. A protocol that names a suite is a column of it, see :mod:`benchmarks.protocols.base`.
"""

from __future__ import annotations

from functools import partial

from benchmarks.protocols.base import FEATURES, load_all
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.common import available, column, stand_ins, table
from benchmarks.suites.suite import SUITES, suite
from benchmarks.suites.table import TablePlan


def columns(planner: Planner, name: str, title: str, *substitutes: str) -> list[TablePlan]:
    """A table with a column for every protocol of a suite on every source, and a row for all that fits it.

    Args:
        planner: what was asked for.
        name: name of the suite.
        title: title of the table.
        substitutes: further data sets in the place of absent official data.
    """
    chosen = [entry for entry in load_all().values() if (entry.suite or entry.name) == name and entry.suite is not None]
    chosen.sort(key=lambda entry: (entry.place, entry.name))
    models = [model for model in planner.models() if any(planner.fits(entry, model) for entry in chosen)]
    notes = ' '.join(dict.fromkeys(entry.note for entry in chosen if entry.note))
    official = list(dict.fromkeys(place for entry in chosen for place in entry.official))
    sources, missing = available(planner, official, [*stand_ins(planner), *substitutes])
    made = table(planner, name, title, models, [notes] if notes else [], sources, missing)
    for source in sources:
        for protocol in (protocol for entry in chosen for protocol in entry.planned(planner.profile)):
            fitting = [model for model in made.models if planner.fits(protocol, model)]
            job = partial(planner.measure, protocol, source)
            made.fill(column(source, protocol.column), job, protocol.metric, fitting)
    return [made]


@suite('svm', encoders=True)
def svm(planner: Planner) -> list[TablePlan]:
    """Linear SVM on frozen features (ModelNet40, ModelNet10), and nearest neighbors beside it."""
    title = 'Linear SVM and nearest neighbors on frozen features, OA %'
    return columns(planner, 'svm', title, 'shapedb69', 'modelnet10-voxels')


@suite('frozen', encoders=True)
def frozen(planner: Planner) -> list[TablePlan]:
    """MLP-Linear and MLP-3 on frozen features (ScanObjectNN, ModelNet40)."""
    return columns(planner, 'frozen', 'MLP-Linear and MLP-3 on frozen features, OA %')


def add_protocol_suites() -> None:
    """Register a suite for every protocol that is a column of no other, after the first line of its docstring."""
    for name, protocol in load_all().items():
        if protocol.suite == '' and name not in SUITES:
            about = (protocol.__doc__ or name).strip().split('\n')[0].rstrip('.')
            plan = partial(columns, name=name, title=f'{about}, %')
            suite(name, encoders=protocol.requires == FEATURES, about=about)(plan)
