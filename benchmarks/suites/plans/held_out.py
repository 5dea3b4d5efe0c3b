"""What students do with objects like those that they are pretrained on, none of which they saw.

How far do they look? Source: figure b of arXiv 2302.02318: average attention distance by layer; contrast looks ever
farther, masked modeling stays near. The paper gives no formula, see :mod:`zoo.visualize.attention_distance` for the one
that is used.

Does reconstruction keep the contrast from overfitting? Source: the test-loss curves of arXiv 2302.02318: contrastive
loss of plain CMC and of ReCon over training, with the accuracy of a downstream task. There the task is fine-tuning on
ScanObjectNN, here a linear SVM on frozen features, which sees every snapshot as it is.

Retrieval: what a text or a picture finds among them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.protocols.attention import AttentionDistance
from benchmarks.protocols.base import Protocol
from benchmarks.protocols.held_out_loss import HeldOutLoss
from benchmarks.protocols.retrieval import Retrieval
from benchmarks.protocols.svm import SVM
from benchmarks.suites.data import Source, shared
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.students import Model, objectives
from benchmarks.suites.table import SUPERVISED_BY, TablePlan, available, hardest, suite, table
from zoo.hub import backbone_config
from zoo.registry import TEACHERS

TITLES = {'procedural': 'ProceduralShapes', 'packs': 'shapedb69', 'shapenet55': 'ShapeNet55'}
"""Data set of the held-out objects, by corpus."""


def held_out(planner: Planner, model: Model, pictures: bool = True) -> Source:
    """Objects like those that are pretrained on, none of which is.

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


LOOK_NOTES = (
    'Patches: attention-weighted distance between patch centers, a patch itself included at distance zero, attention '
    'to queries left out and the rest scaled to one; mean over patches, heads and objects. In radii of the clouds. No '
    'formula was published; this reading is ours.',
    'Queries have no place, so their rows show another measure: the expected distance of two patches that a query '
    'attends to. Mean over the queries that pretraining trains (image and text). Where attention is even, both '
    'measures are the mean distance of two patches, the last row.',
    'Whole clouds for all, although masked methods are pretrained on few patches. Nothing here is better or worse.',
    'Random weights: batch norm has the statistics of these clouds.',
)

DISTANCE, SPREAD = 'distance', 'spread'

LOOKS = {
    'random weights': ('point-mae', DISTANCE, False),
    'MPM (Point-MAE)': ('point-mae', DISTANCE, True),
    'CMC': ('cmc', DISTANCE, True),
    'ReCon, local stream': ('recon', DISTANCE, True),
    'random weights, queries': ('recon', SPREAD, False),
    'CMC, queries': ('cmc', SPREAD, True),
    'ReCon, global stream': ('recon', SPREAD, True),
}
"""Method, measure of patches or of queries, and whether it is pretrained, by label."""

EVEN = 'even attention'


@suite('attention_distance', 'study')
def attention_distance(planner: Planner) -> list[TablePlan]:
    """Average attention distance by layer: MPM, CMC, ReCon's local and global streams."""
    models = [
        model
        for label, (method, _, pretrained) in LOOKS.items()
        for model in planner.students({method: label}, pretrained=pretrained)
    ]
    if not models:
        return []
    layers = range(1, backbone_config(models[0].student)['depth'] + 1)
    title, columns = 'Average attention distance by layer', [f'layer {layer}' for layer in layers]
    made = table(
        planner, 'attention_distance', title, models, LOOK_NOTES, baseline=False, better='none', digits=3, curve=True,
        columns=columns, axes=['layer', 'radii of the cloud'],
    )  # fmt: skip
    made.rows.append(EVEN)
    if planner.corpus.get:
        return [made]
    for model in models:
        for seed in planner.pretrain_seeds:
            job = attention_job(planner, model, seed)
            for layer in layers:
                made.add(model.label, f'layer {layer}', seed, job, f'{LOOKS[model.label][1]}/layer_{layer}')
                if model is models[0] and seed == 0:
                    made.add(EVEN, f'layer {layer}', seed, job, 'even')
    made.title += f' ({held_out(planner, models[0]).title})'
    return [made]


def attention_job(planner: Planner, model: Model, seed: int) -> Job:
    """The job that measures one student; rows of one student share it."""
    trained = objectives(planner.config(model))
    queries = tuple(name for name in backbone_config(model.student).get('queries', ()) if name in trained)
    label = f'attention of {"" if model.pretrained else "random "}{model.student}, seed {seed}'
    model = replace(model, label=model.student)
    return replace(measure_held_out(planner, AttentionDistance(queries), model, seed, pictures=False), label=label)


CONTRASTED = {'cmc': 'CMC', 'recon': 'ReCon'}
CONSTANT, MASKED = 'mean of the targets, no student', ', masked as in pretraining'
EPOCH = 'epochs of pretraining'

LOSS_NOTES = (
    'Loss: what both methods are trained by, summed over image and text, of the same targets. It regresses the '
    "teachers' features (smooth L1 in the configs here) and has no negatives; reconstruction has no part in it.",
    'Both see whole, upright clouds, although ReCon is pretrained on masked ones; the row that says masked hides what '
    'its pretraining hides, by masks of one seed. Lower is better.',
)
NCE_NOTES = (
    'InfoNCE (temperature 0.1, both directions) of the image query over the whole held-out set. Neither method is '
    'trained by it; even guessing has the logarithm of the number of objects. Lower is better. Records hold the same '
    'of the text, where objects that share a caption are wrong answers to each other, and the recall of retrieval.',
)
SVM_NOTES = (
    'Linear SVM on frozen features of the student after so many epochs; every epoch is shown and none selected. The '
    'learning rate falls over the whole run, so that an early epoch is no finished shorter training.',
)


@suite('contrastive_test_loss', 'study')
def contrastive_test_loss(planner: Planner) -> list[TablePlan]:
    """Contrastive loss of CMC and ReCon on held-out objects over pretraining, with accuracy at the same epochs."""
    planner = planner.unreleased
    models, epochs = planner.students(CONTRASTED), planner.profile.doublings
    if not models:
        return []
    where, columns = '', [f'epoch {epoch}' for epoch in epochs]
    if not planner.corpus.get:
        where = f' ({held_out(planner, models[0]).title})'
    loss, contrast = (
        table(
            planner, f'contrastive_test_loss{suffix}', f'{title} on held-out objects over pretraining{where}', models,
            notes, baseline=False, better='less', digits=4, curve=True, columns=columns[:],
            axes=[EPOCH, f'{axis}, held-out objects'],
        )
        for suffix, title, axis, notes in (
            ('', 'Contrastive loss', 'contrastive loss', LOSS_NOTES),
            ('_nce', 'InfoNCE of images', 'InfoNCE', NCE_NOTES),
        )
    )  # fmt: skip
    supervised = loss.about[SUPERVISED_BY]
    supervised |= {label + MASKED: text for label, text in supervised.items()}
    for model in loss.models:
        for seed in planner.pretrain_seeds:
            for place, epoch in zip(columns, epochs, strict=True):
                job = loss_job(planner, epoch, model, seed)
                loss.add(model.label, place, seed, job, 'loss')
                contrast.add(model.label, place, seed, job, 'info_nce/image')
                if model.label == 'ReCon':
                    loss.add(model.label + MASKED, place, seed, job, 'loss_masked')
                if model is models[-1] and seed == 0:
                    loss.add(CONSTANT, place, seed, job, 'loss_constant')
    found = [loss, contrast]
    sources, missing = available(planner, ['scanobjectnn-pb_t50_rs', 'modelnet40'], hardest(planner))
    for source in sources:
        name, title = f'contrastive_test_loss_svm_{source.name}', f'SVM on {source.title} over pretraining, OA %'
        axes, svm = [EPOCH, 'OA, %'], partial(planner.measure, SVM(), source)
        made = table(planner, name, title, models, SVM_NOTES, sources, missing, curve=True, axes=axes)
        for place, epoch in zip(columns, epochs, strict=True):
            made.fill(place, partial(planner.after, epoch, svm))
        found.append(made)
    return found


def loss_job(planner: Planner, epoch: int, model: Model, seed: int) -> Job:
    """The job that measures the loss of one snapshot."""
    own: dict[str, Any] = {'options': dict(model.options), 'offline': planner.corpus.offline}
    return planner.after(epoch, partial(measure_held_out, planner, HeldOutLoss(), **own), model, seed)


CHANCE, PICTURES = 'random order', 'pictures by the teachers of {}, no student'

RETRIEVED: Mapping[str, str] = {
    'recall@1': 'recall@1',
    'recall@5': 'recall@5',
    'recall@10': 'recall@10',
    'recall@10, from': 'recall@10_low',
    'to': 'recall@10_high',
    'median rank': 'median_rank',
    'median rank, from': 'median_rank_low',
    'to ': 'median_rank_high',
}
"""Figure of the record by header."""

RETRIEVAL_NOTES = (
    'A query is the feature that the teacher of the student gives a text or one picture; clouds are ranked by cosine '
    'to the streams in the space of that teacher. Every different text is one query, found by any cloud it is about.',
    'From, to: 95 % interval over queries (bootstrap); it speaks of other queries to these weights. Recall in percent.',
)


@suite('retrieval', 'study')
def retrieval(planner: Planner) -> list[TablePlan]:
    """Held-out clouds found by texts and by pictures: recall at 1, 5 and 10, and median rank, with intervals."""
    planner = planner.unreleased  # released files leave out projections to the pictures
    models = [model for model in planner.models() if planner.fits(Retrieval, model)]
    if not models:
        return []
    sources: dict[str, Source | None] = {'': None}
    if not planner.corpus.get:
        sources = {'': held_out(planner, models[0]), **_commons(planner)}
    found = []
    for (suffix, source), modality in itertools.product(sources.items(), ('text', 'image')):
        title = f'Clouds found by {modality}s' + (f', {source.title}' if source else '')
        made = table(
            planner, f'retrieval_{modality}{suffix}', title, models, RETRIEVAL_NOTES, baseline=False, better='none'
        )
        for model, seed in itertools.product(made.models if source else (), planner.pretrain_seeds):
            goals = objectives(planner.config(model))
            teachers = {name: goals[name].teacher for name in goals if goals[name].type == 'AlignModality'}
            if source is None or modality not in teachers:
                continue
            spaces = {TEACHERS.build(teacher.to_dict()).space for teacher in teachers.values()}
            alone = modality == 'text' and len(teachers) > len(spaces)
            own = {'offline': planner.corpus.offline, 'split': source.test['split']}
            job = planner.measure(Retrieval(), source, model, seed, **own)
            for column, metric in RETRIEVED.items():
                made.add(model.label, column, seed, job, f'{modality}/{metric}')
                if alone:
                    made.add(PICTURES.format(model.label), column, seed, job, f'pictures/{metric}')
            if model is made.models[-1]:
                for k in Retrieval().ks:
                    made.add(CHANCE, f'recall@{k}', seed, job, f'{modality}/chance@{k}')
        found.append(made)
    return found


def _commons(planner: Planner) -> dict[str, Source]:
    """Named objects of open collections with pictures, where their pack is there and not pretrained on."""
    source = planner.source('commons')
    if source.get or 'commons' in planner.corpus.name:
        return {}
    place = Path(source.test['points'])
    beside = {key: str(place.with_name(name)) for key, name in (('images', 'views112.npz'), ('meta', 'meta.json'))}
    config = {'type': 'ShapePack', 'points': str(place), 'split': 'all', 'texts': True, **beside}
    return {'_commons': replace(source, train=config, test=config)}
