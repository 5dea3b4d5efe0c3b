"""Part segmentation.

Source: ShapeNetPart as in arXiv 2203.06604 and 2302.02318. Where it is absent, the built-in shapes of the classes that
both have take its place, with parts of their own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from benchmarks.protocols.part_seg import CONFIG, PAPER_CONFIG, PartSegmentation
from benchmarks.suites.data import Source, built_in, how_to_get, shared
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.profiles import Profile
from benchmarks.suites.students import POINTNET, Model
from benchmarks.suites.table import LAST_EPOCH, TablePlan, column, suite, table
from zoo.datasets.catalogue import find

CLASSES = ('airplane', 'bag', 'car', 'chair', 'cup', 'guitar', 'lamp', 'laptop', 'table')
"""Classes of ShapeNetPart that the built-in shapes have too, the mug as a cup."""

FEWER_SAMPLES = 6
"""A labeled cloud is worth a label for every point and costs three times as much, so that fewer are seen than in
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
        get=how_to_get(entry),
    )


def built_in_parts(profile: Profile) -> Source:
    """The built-in shapes of the common classes, as many of each as the whole set has."""
    source = built_in(profile, 'cad', CLASSES)
    numbers = {'train': profile.pool, 'val': profile.val_objects, 'test': profile.test_objects}
    parts = {
        split: {**(getattr(source, split) or {}), 'seed': STREAM, 'num_objects': shared(number, CLASSES)}
        for split, number in numbers.items()
    }
    return replace(source, train=parts['train'], val=parts['val'], test=parts['test'])


def part_seg_job(planner: Planner, source: Source, model: Model, seed: int) -> Job:
    """The job that fine-tunes a model to segment parts; the rate is chosen before, unless a paper gives it."""
    samples = 300 * 13_998 if source.settings else -(-planner.profile.finetune_samples // FEWER_SAMPLES)
    own = {'config': source.settings.get('config', CONFIG), 'samples': samples}
    return planner.finetune(source, model, seed, PartSegmentation, **own)


@suite(NAME)
def part_segmentation(planner: Planner) -> list[TablePlan]:
    """Part segmentation of ShapeNetPart, or of built-in shapes: instance and class mIoU."""
    models = [model for model in planner.models() if model != POINTNET]  # it has no patch tokens to segment by
    notes = [
        LAST_EPOCH,
        "Predictions among the parts of the cloud's class; a part in neither truth nor prediction counts 1. Instance "
        'mIoU: mean over clouds. Class mIoU: mean over classes of the mean over their clouds. Test points are fixed.',
    ]
    source, missing = shape_net_part(), {}
    if source.get:
        missing[source.title] = source.get
        source = built_in_parts(planner.profile)
        notes.insert(1, 'Built-in classes have equally many test clouds, so both figures are the same there.')
        if source.per_class:
            notes.insert(1, f'{source.per_class} labeled objects of a class, other ones for every seed.')
    title = 'Part segmentation (ShapeNetPart or its substitute), mIoU %'
    made = table(planner, NAME, title, models, notes, [source], missing)
    for title, metric in METRICS.items():
        made.fill(column(source, title), partial(part_seg_job, planner, source), metric)
    return [made]
