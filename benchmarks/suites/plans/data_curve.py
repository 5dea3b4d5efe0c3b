"""How much data does a pretraining need?

Source: figure a of arXiv 2302.02318: transfer accuracy over the share of the pretraining data, for masked modelling,
contrast, and ReCon. Shares are nested, class-balanced and drawn once from a seed; the number of epochs is the same, so
that less data also means fewer steps, as in the released code.
"""

from __future__ import annotations

from benchmarks.protocols.svm import SVM
from benchmarks.suites.plans.common import LAST_EPOCH, ends, rows_of, sheet, with_substitutes
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite

ROWS = {'MPM (Point-MAE)': 'point-mae', 'CMC': 'cmc', 'SMC': 'smc', 'ReCon': 'recon'}


@suite('data_curve', 'study')
def data_curve(setup: Setup) -> list[Sheet]:
    """Transfer accuracy over the share of the pretraining data: MPM, CMC, SMC, ReCon."""
    names = {f'{method}-{setup.profile.size}': label for label, method in ROWS.items()}
    students = setup.chosen([name for name in names if name.rsplit('-', 1)[0] in setup.profile.methods])
    whole = [Model(names[student], student) for student in students]
    if not whole:
        return []
    notes = [
        'Shares are nested and class-balanced; the number of epochs is the same, so that less data means fewer steps.',
        'Linear SVM on frozen features. ' + LAST_EPOCH,
    ]
    found = []
    probe = Sheet('', '')
    official = ['scanobjectnn-pb_t50_rs', 'modelnet40']
    substitutes = ends(setup) if setup.profile.sources else ends(setup)[-1:]
    for source in with_substitutes(setup, probe, official, substitutes):
        title = f'SVM on {source.title} over the share of the pretraining data, OA %'
        made = sheet(setup, f'data_curve_{source.name}', title, whole, notes)
        made.missing |= probe.missing
        made.notes += [note for note in probe.notes if note not in made.notes]
        made.curve, made.axes = True, ('share of the pretraining data', 'OA, %')
        for percent in setup.profile.fractions:
            for model in rows_of(setup, whole):
                part = Model(model.label, model.student, fraction=percent, pretrained=model.pretrained)
                for seed in setup.repetitions:
                    made.add(model.label, f'{percent} %', seed, setup.measure(SVM(), part, source, seed))
        found.append(made)
    return found
