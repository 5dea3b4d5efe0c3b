"""Full fine-tuning: real scans, CAD models, sizes of ReCon.

Source: arXiv 2302.02318. Traps: its code selects the best epoch on the test split, reports the best of eight seeds and
votes; here the last epoch of every seed counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.protocols.svm import SVM
from benchmarks.suites.plans.common import LAST_EPOCH, column, ends, rows_of, sheet, with_substitutes
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite
from zoo.datasets.procedural.dataset import VARIANTS

SCANS = ('obj_bg', 'obj_only', 'pb_t50_rs')

ONE_RATE = 'Fine-tuning: one rate for all sizes, chosen by the size that other tables compare, unless a paper gives it.'


def fine_tuned(
    setup: Setup, name: str, title: str, models: Sequence[Model], official: Sequence[str], substitutes: Sequence[str]
) -> Sheet:
    """A sheet of fine-tuned models.

    Args:
        setup: what was asked for.
        name: of the files.
        title: of the table.
        models: rows.
        official: names of the official sets.
        substitutes: names of what takes their place.
    """
    made = sheet(setup, name, title, models, [LAST_EPOCH])
    for source in with_substitutes(setup, made, official, substitutes):
        for model in rows_of(setup, models):
            for seed in setup.repetitions:
                made.add(model.label, column(source), seed, setup.finetune(model, source, seed))
    return made


@suite('scanobjectnn')
def scanobjectnn(setup: Setup) -> list[Sheet]:
    """Fine-tuning on the three variants of ScanObjectNN, or on scans of the built-in shapes."""
    official = [f'scanobjectnn-{variant}' for variant in SCANS]
    substitutes = [f'procedural-{variant}' for variant in SCANS if variant in setup.profile.variants]
    title = 'Fine-tuning on scans (ScanObjectNN or its substitute), OA %'
    return [fine_tuned(setup, 'scanobjectnn', title, setup.models(), official, substitutes)]


@suite('modelnet40')
def modelnet40(setup: Setup) -> list[Sheet]:
    """Fine-tuning on ModelNet40 with 1k and 8k points, or on clean built-in shapes."""
    title = 'Fine-tuning on CAD models (ModelNet40 or its substitute), OA %'
    official = ['modelnet40', 'modelnet40-8k']
    return [fine_tuned(setup, 'modelnet40', title, setup.models(), official, [ends(setup)[0], 'shapedb69'])]


@suite('modelnet10')
def modelnet10(setup: Setup) -> list[Sheet]:
    """Fine-tuning on ModelNet10, or on its voxel-derived pack, or on clean built-in shapes."""
    title = 'Fine-tuning on ten classes of CAD models (ModelNet10 or its substitute), OA %'
    substitutes = ['modelnet10-voxels']
    if not setup.source('modelnet10-voxels').present:
        substitutes.append(ends(setup)[0])
    return [fine_tuned(setup, 'modelnet10', title, setup.models(), ['modelnet10'], substitutes)]


@suite('sizes')
def sizes(setup: Setup) -> list[Sheet]:
    """ReCon in several sizes: linear SVM and fine-tuning."""
    names = [f'recon-{size}' for size in setup.profile.sizes]
    models = [Model(name, name) for name in setup.chosen(names)]
    if not models:
        return []
    made = sheet(setup, 'sizes', 'ReCon by size, OA %', models, [LAST_EPOCH, ONE_RATE], baseline=False)
    for source in with_substitutes(setup, made, ['scanobjectnn-pb_t50_rs', 'modelnet40'], ends(setup)[-1:]):
        for model in rows_of(setup, models)[1:]:
            for seed in setup.repetitions:
                made.add(model.label, column(source, 'SVM'), seed, setup.measure(SVM(), model, source, seed))
                made.add(model.label, column(source, 'fine-tuned'), seed, setup.finetune(model, source, seed))
    return [made]


@suite('scan_variants', 'study')
def scan_variants(setup: Setup) -> list[Sheet]:
    """How much harder than the whole surface is a scan? Random weights on every variant of the built-in shapes."""
    students = setup.chosen([f'recon-{setup.profile.size}'])
    models = [Model('ReCon from scratch', student, pretrained=False) for student in students]
    substitutes = [f'procedural-{variant}' for variant in VARIANTS]
    title = 'Fine-tuning from random weights on scans of the same objects, OA %'
    return [fine_tuned(setup, 'scan_variants', title, models, [], substitutes)]
