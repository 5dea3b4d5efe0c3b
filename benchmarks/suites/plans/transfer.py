"""Full fine-tuning: real scans, CAD models, sizes of ReCon, scans of the same objects.

Source: arXiv 2302.02318. Traps: its code selects the best epoch on the test split, reports the best of eight seeds and
votes; here the last epoch of every seed counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from benchmarks.protocols.svm import SVM
from benchmarks.suites.planner import Planner
from benchmarks.suites.students import Model
from benchmarks.suites.table import LAST_EPOCH, TablePlan, available, column, stand_ins, suite, table
from zoo.datasets.procedural.dataset import VARIANTS

SCANS = ('obj_bg', 'obj_only', 'pb_t50_rs')


def fine_tuned(
    planner: Planner,
    name: str,
    title: str,
    official: Sequence[str],
    substitutes: Sequence[str],
    models: Sequence[Model] | None = None,
) -> list[TablePlan]:
    """A table of fine-tuned models.

    Args:
        planner: what was asked for.
        name: name of the files.
        title: title of the table.
        official: names of the official sets.
        substitutes: names of what takes their place.
        models: other rows than those that were asked for.
    """
    sources, missing = available(planner, official, substitutes)
    models = planner.models() if models is None else models
    made = table(planner, name, f'{title}, OA %', models, [LAST_EPOCH], sources, missing)
    for source in sources:
        made.fill(column(source), partial(planner.finetune, source))
    return [made]


@suite('scanobjectnn')
def scanobjectnn(planner: Planner) -> list[TablePlan]:
    """Fine-tuning on the three variants of ScanObjectNN, or on scans of the built-in shapes."""
    official = [f'scanobjectnn-{variant}' for variant in SCANS]
    substitutes = [f'procedural-{variant}' for variant in SCANS if variant in planner.profile.variants]
    title = 'Fine-tuning on scans (ScanObjectNN or its substitute)'
    return fine_tuned(planner, 'scanobjectnn', title, official, substitutes)


@suite('modelnet40')
def modelnet40(planner: Planner) -> list[TablePlan]:
    """Fine-tuning on ModelNet40 with 1k and 8k points, or on clean built-in shapes."""
    title = 'Fine-tuning on CAD models (ModelNet40 or its substitute)'
    substitutes = [stand_ins(planner)[0], 'shapedb69']
    return fine_tuned(planner, 'modelnet40', title, ['modelnet40', 'modelnet40-8k'], substitutes)


@suite('modelnet10')
def modelnet10(planner: Planner) -> list[TablePlan]:
    """Fine-tuning on ModelNet10, or on its voxel-derived pack, or on clean built-in shapes."""
    title = 'Fine-tuning on ten classes of CAD models (ModelNet10 or its substitute)'
    substitutes = ['modelnet10-voxels']
    if planner.source('modelnet10-voxels').get:
        substitutes.append(stand_ins(planner)[0])
    return fine_tuned(planner, 'modelnet10', title, ['modelnet10'], substitutes)


@suite('scan_variants', 'study')
def scan_variants(planner: Planner) -> list[TablePlan]:
    """How much harder than the whole surface is a scan? Random weights on every variant of the built-in shapes."""
    models = planner.students({'recon': 'ReCon from scratch'}, pretrained=False)
    title = 'Fine-tuning from random weights on scans of the same objects'
    return fine_tuned(planner, 'scan_variants', title, [], [f'procedural-{name}' for name in VARIANTS], models)


@suite('sizes')
def sizes(planner: Planner) -> list[TablePlan]:
    """ReCon in several sizes: linear SVM and fine-tuning."""
    models = [model for size in planner.profile.sizes for model in planner.students({'recon': ''}, size)]
    if not models:
        return []
    sources, missing = available(planner, ['scanobjectnn-pb_t50_rs', 'modelnet40'], stand_ins(planner)[-1:])
    made = table(planner, 'sizes', 'ReCon by size, OA %', models, [LAST_EPOCH], sources, missing, baseline=False)
    for source in sources:
        made.fill(column(source, 'SVM'), partial(planner.measure, SVM(), source))
        made.fill(column(source, 'fine-tuned'), partial(planner.finetune, source))
    return [made]
