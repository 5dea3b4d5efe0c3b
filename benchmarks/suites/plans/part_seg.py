"""Part segmentation.

Source: ShapeNetPart as in arXiv 2203.06604 and 2302.02318. Where it is absent, the built-in shapes of the classes that
both have take its place, with parts of their own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from benchmarks.protocols.part_seg import CONFIG, PAPER_CONFIG, PartSegmentation
from benchmarks.suites.data import Source, built_in
from benchmarks.suites.job import Job
from benchmarks.suites.plans.common import LAST_EPOCH, column, noted, rows_of, sheet
from benchmarks.suites.profiles import Profile
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import POINTNET, Model
from benchmarks.suites.suite import suite
from zoo.datasets.catalogue import find
from zoo.datasets.procedural.shapes import SHAPES

CLASSES = ('airplane', 'bag', 'car', 'chair', 'cup', 'guitar', 'lamp', 'laptop', 'table')
"""Classes of ShapeNetPart that the built-in shapes have too, the mug as a cup."""

DEARER = 6
"""A labelled cloud is worth a label for every point and costs three times as much, so that fewer are seen than in
fine-tuning by this factor."""

STREAM = 5
"""Of built-in objects, for this suite alone: batch size and rate of the head were tried out on the usual stream."""

METRICS = {'instance mIoU': 'instance_miou', 'class mIoU': 'class_miou'}

NAME = 'shapenetpart'


def shape_net_part() -> Source:
    """The official data, absent unless its files are below the data root."""
    entry = find(NAME)
    config = {'num_points': 2048, 'sampling': 'fixed'}
    return Source(
        name=NAME,
        title=entry.title.split(':')[0],
        data='ShapeNetPart',
        train=entry.parts['train'].with_options({**config, 'split': 'trainval', 'sampling': 'random'}),
        test=entry.parts['test'].with_options(config),
        points=2048,
        recipe=NAME,
        settings={'config': PAPER_CONFIG},
        get='' if entry.found() else f'{entry.get}; then put it into $ZOO_DATA/{entry.places[0]}',
    )


def built_in_parts(profile: Profile) -> Source:
    """The built-in shapes of the common classes, as many of each as the whole set has."""
    source = built_in(profile, 'cad', CLASSES)

    def part(split: Mapping[str, Any], objects: int) -> dict[str, Any]:
        return {**split, 'seed': STREAM, 'num_objects': -(-objects // len(SHAPES)) * len(CLASSES)}

    return dataclasses.replace(
        source,
        train=part(source.train, profile.pool),
        val=part(source.val or {}, profile.val_objects),
        test=part(source.test, profile.test_objects),
    )


def part_seg_job(setup: Setup, model: Model, source: Source, seed: int) -> Job:
    """The job that fine-tunes a model to segment parts; the rate is chosen before, unless a paper gives it."""
    samples = 300 * 13_998 if source.settings else -(-setup.profile.finetune_samples // DEARER)
    own = {'config': source.settings.get('config', CONFIG), 'samples': samples}
    return setup.finetune(model, source, seed, PartSegmentation, **own)


@suite(NAME)
def part_segmentation(setup: Setup) -> list[Sheet]:
    """Part segmentation of ShapeNetPart, or of built-in shapes: instance and class mIoU."""
    models = [model for model in setup.models() if model != POINTNET]  # it has no patch tokens to segment by
    notes = [
        LAST_EPOCH,
        "Predictions among the parts of the cloud's class; a part in neither truth nor prediction counts 1. Instance "
        'mIoU: mean over clouds. Class mIoU: mean over classes of the mean over their clouds. Test points are fixed.',
    ]
    made = sheet(setup, NAME, 'Part segmentation (ShapeNetPart or its substitute), mIoU %', models, notes)
    source = shape_net_part()
    if not source.present:
        made.missing[source.title] = source.get
        source = built_in_parts(setup.profile)
        made.notes.insert(1, 'Built-in classes have equally many test clouds, so both figures are the same there.')
        if source.per_class:
            made.notes.insert(1, f'{source.per_class} labelled objects of a class, other ones for every seed.')
    noted(made, [source])
    for title, metric in METRICS.items():
        for model in rows_of(setup, models):
            for seed in setup.repetitions:
                job = part_seg_job(setup, model, source, seed)
                made.add(model.label, column(source, title), seed, job, metric)
    return [made]
