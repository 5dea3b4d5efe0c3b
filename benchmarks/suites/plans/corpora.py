"""What does each corpus add, at equal samples?

Whether the meaning of the data matters is one of its questions: free shapes have none (arXiv 2411.17467).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from benchmarks.protocols.svm import SVM
from benchmarks.protocols.zero_shot import ZeroShot
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.frozen import few_shot_job, zero_shot_job
from benchmarks.suites.table import (
    LAST_EPOCH,
    SUPERVISED_BY,
    TablePlan,
    available,
    column,
    pretraining_notes,
    stand_ins,
    suite,
    table,
)

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
    rows = [
        (replace(model, label=f'{model.label}, {title}'), own) for model in students for title, own in planners.items()
    ]
    there = [(model, own) for model, own in rows if not own.corpus.get]
    sources, missing = available(planner, ['scanobjectnn-pb_t50_rs', 'modelnet40'], stand_ins(planner))
    samples = {model.label: own.corpus.objects // batch * batch * own.profile.epochs for model, own in there}
    about = {
        'objects': {model.label: f'{own.corpus.objects:,}' for model, own in there},
        'samples': {label: f'{number:,}' for label, number in samples.items()},
        SUPERVISED_BY: {model.label: own.supervised_by(model) for model, own in rows},
    }
    title, models = 'What each corpus adds at equal samples, OA %', [model for model, _ in rows]
    made = table(planner, 'corpora', title, models, NOTES, sources, about=about)
    made.models = [planner.baseline, *(model for model, _ in there)]
    made.missing = {own.corpus.title: own.corpus.get for own in planners.values() if own.corpus.get} | missing
    made.notes.remove(pretraining_notes(planner)[0])  # of one corpus and its epochs
    ways, shots = planner.profile.few_shot[0]
    planned = [(planner.baseline, planner), *there]
    for source in sources:
        for model, own in planned:
            made.fill(column(source, 'SVM'), partial(own.measure, SVM(), source), models=[model])
        for model, own in planned:
            job = partial(few_shot_job, own, ways, shots, source)
            made.fill(column(source, f'{ways}-way {shots}-shot'), job, models=[model])
        for model, own in planned:
            if planner.fits(ZeroShot, model):
                job = partial(zero_shot_job, own, source)
                made.fill(column(source, 'zero-shot'), job, models=[model], seeds=planner.pretrain_seeds)
    return [made]
