"""Objects like those that are pretrained on, none of which is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.protocols.base import Protocol
from benchmarks.suites.data import Source, shared
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.students import Model

TITLES = {'procedural': 'ProceduralShapes', 'packs': 'shapedb69', 'shapenet55': 'ShapeNet55'}


def held_out(planner: Planner, model: Model, pictures: bool = True) -> Source:
    """Held-out objects of the pretraining data.

    The built-in shapes: the validation split of the classes and the stream that are pretrained on. Packs: the test
    split of the one that has a split. ShapeNet55: the test split.

    Args:
        planner: what was asked for; its pretraining data must be there.
        model: model whose number of points is taken.
        pictures: whether there are pictures and captions for the teachers.
    """
    config = planner.corpus.dataset(images=pictures, texts=pictures)
    if config['type'] == 'ObjectUnion':
        # Of the packs only some have a test split; the others are pretrained on whole.
        split = next(member for member in config['datasets'] if member['split'] == 'train')
        config = {**split, **({'texts': True} if pictures else {})}
    if config['type'] == 'ProceduralShapes':
        objects = shared(planner.profile.val_objects, config['classes'])
        config = {**config, 'split': 'val', 'num_objects': objects}
    else:
        config = {**config, 'split': 'test'}
    transforms = planner.config(model).data_preprocessor.train
    title = TITLES[planner.corpus.name]
    return Source(
        name='held-out objects',
        title=f'{title}, {config["split"]} split: never pretrained on',
        data=title,
        variant=str(config.get('variant', '')),
        train=planner.corpus.config,
        test=config,
        points=next(entry['num_points'] for entry in transforms if 'num_points' in entry),
    )


def measure_held_out(
    planner: Planner, protocol: Protocol, model: Model, seed: int, pictures: bool = True, **settings: Any
) -> Job:
    """The job that measures a model on held-out objects, of which nothing is learnt; see :func:`held_out`."""
    job = planner.measure(protocol, held_out(planner, model, pictures), model, seed, **settings)
    kept = {name: value for name, value in job.settings.items() if name != 'train'}
    return replace(job, settings={**kept, 'split': kept['test']['split']})
