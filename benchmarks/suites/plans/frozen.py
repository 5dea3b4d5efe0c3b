"""Frozen encoders, one table for every suite that protocols name: linear SVM and nearest neighbours, trained heads.

Source: arXiv 2302.02318 (linear SVM on ModelNet40, MLP-Linear and MLP-3 on ScanObjectNN). All read one extraction of
features for each set of weights. A protocol that names a suite is a column of it, see :mod:`benchmarks.protocols.base`.
"""

from __future__ import annotations

from benchmarks.protocols.base import FEATURES, Protocol, load_all
from benchmarks.suites.plans.common import column, ends, rows_of, sheet, with_substitutes
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.suite import SUITES, Plan, suite

PACKS = ['shapedb69', 'modelnet10-voxels']


def columns(setup: Setup, name: str, title: str, substitutes: list[str]) -> Sheet:
    """A sheet with a column for every protocol of a suite on every source, and a row for all that fits it.

    Args:
        setup: what was asked for.
        name: name of the suite.
        title: title of the table.
        substitutes: names of what takes the place of absent official data.
    """
    chosen = [entry for entry in load_all().values() if (entry.suite or entry.name) == name and entry.suite is not None]
    chosen.sort(key=lambda entry: (entry.place, entry.name))
    models = [model for model in setup.models() if any(setup.fits(entry, model) for entry in chosen)]
    notes = ' '.join(dict.fromkeys(entry.note for entry in chosen if entry.note))
    made = sheet(setup, name, title, models, [notes] if notes else [])
    official = list(dict.fromkeys(place for entry in chosen for place in entry.official))
    for source in with_substitutes(setup, made, official, substitutes):
        for protocol in (protocol for entry in chosen for protocol in entry.planned(setup.profile)):
            for model in rows_of(setup, models):
                for seed in setup.repetitions if setup.fits(protocol, model) else ():
                    job = setup.measure(protocol, model, source, seed)
                    made.add(model.label, column(source, protocol.column), seed, job, protocol.metric)
    return made


@suite('svm', encoders=True)
def svm(setup: Setup) -> list[Sheet]:
    """Linear SVM on frozen features (ModelNet40, ModelNet10), and nearest neighbours beside it."""
    title = 'Linear SVM and nearest neighbours on frozen features, OA %'
    return [columns(setup, 'svm', title, [*ends(setup), *PACKS])]


@suite('frozen', encoders=True)
def frozen(setup: Setup) -> list[Sheet]:
    """MLP-Linear and MLP-3 on frozen features (ScanObjectNN, ModelNet40)."""
    return [columns(setup, 'frozen', 'MLP-Linear and MLP-3 on frozen features, OA %', ends(setup))]


def own_tables() -> None:
    """Register a suite for every protocol that is a column of no other."""
    for protocol in load_all().values():
        if protocol.suite == '' and protocol.name not in SUITES:
            suite(protocol.name, encoders=protocol.requires == FEATURES)(_own_plan(protocol))


def _own_plan(protocol: type[Protocol]) -> Plan:
    """The plan of a protocol's own table, with the first line of its docstring for a title."""

    def plan(setup: Setup) -> list[Sheet]:
        title = (protocol.__doc__ or protocol.name).strip().split('\n')[0].rstrip('.')
        return [columns(setup, protocol.name, f'{title}, %', ends(setup))]

    plan.__doc__ = protocol.__doc__
    return plan
