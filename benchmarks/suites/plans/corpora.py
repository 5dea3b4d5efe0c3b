"""What does each corpus add, at equal samples?

Whether the meaning of the data matters is one of its questions: free shapes have none (arXiv 2411.17467).
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.protocols.svm import SVM
from benchmarks.protocols.zero_shot import ZeroShot
from benchmarks.suites.data import Source
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.common import (
    LAST_EPOCH,
    RANDOM,
    SUPERVISED_BY,
    available,
    column,
    pretraining_notes,
    source_notes,
    stand_ins,
)
from benchmarks.suites.plans.few_shot import few_shot_job
from benchmarks.suites.plans.zero_shot import zero_shot_job
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite
from benchmarks.suites.table import TablePlan

METHODS = {'point-mae': 'MPM', 'cmc': 'CMC', 'recon': 'ReCon'}

CORPORA = {
    'shapedb69': 'shapedb69',
    'packs': 'shapedb69 + Sweet Home 3D',
    'commons': 'commons',
    'commons-packs': 'commons + shapedb69 + Sweet Home 3D',
    'stream': 'built-in shapes without end',
    'free': 'free shapes without end',
}

NOTES = (
    'The column of samples says how many clouds a pretraining sees; method, batch and rate are the same. Where that is '
    'not a whole number of epochs, some objects are left out, drawn at random.',
    'No test split is pretrained on. Clouds of commons have 1,024 points as those without end have, others 2,048.',
    f'Linear SVM and episodes on frozen features; zero-shot by the text stream and 60 prompts. {LAST_EPOCH}',
)


@suite('corpora', 'study')
def corpora(planner: Planner) -> list[TablePlan]:
    """What each corpus adds at equal samples: packs, open collections, shapes without end; MPM, CMC, ReCon."""
    planner = planner.unreleased
    students = planner.students({name: label for name, label in METHODS.items() if name in planner.profile.methods})
    if not students:
        return []
    batch = planner.batch_size(students[0])
    planners = {title: planner.on(name, batch) for name, title in CORPORA.items()}
    rows = {f'{model.label}, {title}': (model, planners[title]) for model in students for title in planners}
    there = {label: (model, own) for label, (model, own) in rows.items() if not own.corpus.get}
    sources, missing = available(planner, ['scanobjectnn-pb_t50_rs', 'modelnet40'], stand_ins(planner))
    samples = {label: own.corpus.objects // batch * batch * own.profile.epochs for label, (_, own) in there.items()}
    made = TablePlan(
        name='corpora',
        title='What each corpus adds at equal samples, OA %',
        rows=[planner.baseline.label, *rows],
        about={
            'objects': {label: f'{own.corpus.objects:,}' for label, (_, own) in there.items()},
            'samples': {label: f'{number:,}' for label, number in samples.items()},
            SUPERVISED_BY: {label: own.supervised_by(model) for label, (model, own) in rows.items()},
        },
        missing={own.corpus.title: own.corpus.get for own in planners.values() if own.corpus.get} | missing,
        notes=[*NOTES, RANDOM, *pretraining_notes(planner)[1:], *source_notes(sources)],
        reference=planner.baseline.label,
        models=[planner.baseline, *(replace(model, label=label) for label, (model, _) in there.items())],
        seeds=planner.seeds,
        jobs={},
    )
    ways, shots = planner.profile.few_shot[0]
    for source in sources:

        def svm(model: Model, seed: int, source: Source = source) -> Job:
            return there.get(model.label, (model, planner))[1].measure(SVM(), source, model, seed)

        def few_shot(model: Model, seed: int, source: Source = source) -> Job:
            return few_shot_job(there.get(model.label, (model, planner))[1], ways, shots, source, model, seed)

        def zero_shot(model: Model, seed: int, source: Source = source) -> Job:
            return zero_shot_job(there[model.label][1], source, model, seed)

        made.fill(column(source, 'SVM'), svm)
        made.fill(column(source, f'{ways}-way {shots}-shot'), few_shot)
        named = [model for model in made.models if planner.fits(ZeroShot, model)]
        made.fill(column(source, 'zero-shot'), zero_shot, models=named, seeds=planner.pretrain_seeds)
    return [made]
