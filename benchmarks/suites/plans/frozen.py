"""Frozen encoders: linear SVM and nearest neighbors, trained heads, few-shot episodes, classes by their names.

Source: arXiv 2302.02318 (linear SVM on ModelNet40, MLP-Linear and MLP-3 on ScanObjectNN). All read one extraction of
features for each set of weights. A protocol that names a suite is a column of it, see :mod:`benchmarks.protocols.base`.

Few-shot: 5 or 10 ways, 10 or 20 shots, ten folds (arXiv 2111.14819). The literature fine-tunes every fold; here a
linear SVM reads frozen features, which the name of the protocol says.

Zero-shot: the published tables mix the test split with train and test together, which are two protocols here. On the
built-in shapes, ten classes are kept out of every pretraining.
"""

from __future__ import annotations

from functools import partial

from benchmarks.protocols.base import FEATURES, load_all
from benchmarks.protocols.few_shot import FewShot
from benchmarks.protocols.zero_shot import ZeroShot
from benchmarks.suites.data import UNSEEN, Source, built_in
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.students import Model
from benchmarks.suites.table import SUITES, TablePlan, available, column, stand_ins, suite, table


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


ZERO_SHOT = ['modelnet10', 'modelnet40', 'scanobjectnn-obj_bg', 'scanobjectnn-obj_only', 'scanobjectnn-pb_t50_rs']


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
    sources, missing = available(planner, ZERO_SHOT, ['modelnet10-voxels', 'shapedb69'])
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
