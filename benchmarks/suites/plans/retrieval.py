"""Retrieval: what a text or a picture finds among objects that were never pretrained on."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.protocols.retrieval import Retrieval
from benchmarks.suites.data import Source
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.common import table
from benchmarks.suites.plans.held_out import held_out
from benchmarks.suites.students import objectives
from benchmarks.suites.suite import suite
from benchmarks.suites.table import TablePlan
from zoo.registry import TEACHERS

CHANCE, PICTURES = 'random order', 'pictures by the teachers of {}, no student'

COLUMNS: Mapping[str, str] = {
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

NOTES = (
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
        made = table(planner, f'retrieval_{modality}{suffix}', title, models, NOTES, baseline=False, better='none')
        for model, seed in itertools.product(made.models if source else (), planner.pretrain_seeds):
            goals = objectives(planner.config(model))
            teachers = {name: goals[name].teacher for name in goals if goals[name].type == 'AlignModality'}
            if source is None or modality not in teachers:
                continue
            spaces = {TEACHERS.build(teacher.to_dict()).space for teacher in teachers.values()}
            alone = modality == 'text' and len(teachers) > len(spaces)
            own = {'offline': planner.corpus.offline, 'split': source.test['split']}
            job = planner.measure(Retrieval(), source, model, seed, **own)
            for column, metric in COLUMNS.items():
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
