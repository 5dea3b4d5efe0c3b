"""Objects like those that are pretrained on, none of which is."""

from __future__ import annotations

from typing import Any

from benchmarks.suites.data import Source
from benchmarks.suites.setup import Setup
from benchmarks.suites.students import Model, pretraining_config
from zoo.datasets.procedural.shapes import SHAPES


def held_out(setup: Setup, model: Model, pictures: bool = True) -> Source:
    """Held-out objects of the pretraining data.

    The built-in shapes: the validation split of the classes and the stream that are pretrained on. Packs: the test
    split of the one that has a split. ShapeNet55: the test split.

    Args:
        setup: what was asked for; its pretraining data must be there.
        model: whose number of points is taken.
        pictures: with pictures and captions for the teachers.
    """
    config = _config(setup, pictures)
    transforms = pretraining_config(model.student, model.options, setup.corpus.offline).data_preprocessor.train
    points = next(entry['num_points'] for entry in transforms if 'num_points' in entry)
    title = {'procedural': 'ProceduralShapes', 'packs': 'shapedb69', 'shapenet55': 'ShapeNet55'}[setup.corpus.name]
    return Source(
        name='held-out objects',
        title=f'{title}, {config["split"]} split: never pretrained on',
        data=title,
        variant=str(config.get('variant', '')),
        train=setup.corpus.config,
        test=config,
        points=points,
    )


def _config(setup: Setup, pictures: bool) -> dict[str, Any]:
    """Config of the held-out objects."""
    config = setup.corpus.dataset(images=pictures, texts=pictures)
    if config['type'] == 'ObjectUnion':
        # Of the packs only some have a test split; the others are pretrained on whole.
        split = next(member for member in config['datasets'] if member['split'] == 'train')
        config = {**split, **({'texts': True} if pictures else {})}
    if config['type'] != 'ProceduralShapes':
        return {**config, 'split': 'test'}
    each = max(1, setup.profile.val_objects // len(SHAPES))
    return {**config, 'split': 'val', 'num_objects': each * len(config['classes'])}


def pretraining_seeds(setup: Setup) -> list[int]:
    """Seeds of the pretrainings that differ."""
    number = len(setup.repetitions)
    return list(range(number if setup.seeds else min(setup.profile.pretrain_seeds, number)))
