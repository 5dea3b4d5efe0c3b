"""How far do students look?

Source: figure b of arXiv 2302.02318: average attention distance by layer; contrast looks ever farther, masked modelling
stays near. The paper gives no formula, see :mod:`zoo.visualize.attention_distance` for the one that is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.protocols.attention import AttentionDistance
from benchmarks.suites.job import Job
from benchmarks.suites.plans.common import SUPERVISED_BY, sheet
from benchmarks.suites.plans.held_out import held_out, pretraining_seeds
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import Model, objectives, pretraining_config
from benchmarks.suites.suite import suite
from zoo.hub import backbone_config

DISTANCE, SPREAD = 'distance', 'spread'

NOTES = (
    'Patches: attention-weighted distance between patch centres, a patch itself included at distance zero, attention '
    'to queries left out and the rest scaled to one; mean over patches, heads and objects. In radii of the clouds. No '
    'formula was published; this reading is ours.',
    'Queries have no place, so their rows show another measure: the expected distance of two patches that a query '
    'attends to. Mean over the queries that pretraining trains (image and text). Where attention is even, both '
    'measures are the mean distance of two patches, the last row.',
    'Whole clouds for all, although masked methods are pretrained on few patches. Nothing here is better or worse.',
    'Random weights: batch norm has the statistics of these clouds.',
)


@dataclass(frozen=True)
class Line:
    """A row of the study.

    Attributes:
        label: of the row.
        method: of the student.
        measure: ``distance`` of patches or ``spread`` of queries.
        pretrained: False takes random weights.
    """

    label: str
    method: str
    measure: str = DISTANCE
    pretrained: bool = True


LINES = (
    Line('random weights', 'point-mae', pretrained=False),
    Line('MPM (Point-MAE)', 'point-mae'),
    Line('CMC', 'cmc'),
    Line('ReCon, local stream', 'recon'),
    Line('random weights, queries', 'recon', SPREAD, pretrained=False),
    Line('CMC, queries', 'cmc', SPREAD),
    Line('ReCon, global stream', 'recon', SPREAD),
)

EVEN = 'even attention'


@suite('attention_distance', 'study')
def attention_distance(setup: Setup) -> list[Sheet]:
    """Average attention distance by layer: MPM, CMC, ReCon's local and global streams."""
    size = setup.profile.size
    chosen = set(setup.chosen([f'{method}-{size}' for method in dict.fromkeys(line.method for line in LINES)]))
    lines = [line for line in LINES if f'{line.method}-{size}' in chosen]
    if not lines:
        return []
    depth = backbone_config(f'{lines[0].method}-{size}')['depth']
    made = sheet(setup, 'attention_distance', 'Average attention distance by layer', [], NOTES, baseline=False)
    made.rows = [*(line.label for line in lines), EVEN]
    made.about[SUPERVISED_BY] = {line.label: setup.supervised_by(_model(setup, line)) for line in lines}
    made.better, made.digits, made.curve = 'none', 3, True
    made.columns, made.axes = [f'layer {layer}' for layer in range(1, depth + 1)], ('layer', 'radii of the cloud')
    if setup.corpus.get:
        return [made]
    for line in lines:
        for seed in pretraining_seeds(setup):
            job = _job(setup, line, seed)
            for layer in range(1, depth + 1):
                made.add(line.label, f'layer {layer}', seed, job, f'{line.measure}/layer_{layer}')
                if line is lines[0] and seed == 0:
                    made.add(EVEN, f'layer {layer}', seed, job, 'even')
    made.title += f' ({held_out(setup, _model(setup, lines[0])).title})'
    return [made]


def _model(setup: Setup, line: Line) -> Model:
    """The student of a row."""
    student = f'{line.method}-{setup.profile.size}'
    return Model(student, student, pretrained=line.pretrained)


def _job(setup: Setup, line: Line, seed: int) -> Job:
    """The job that measures one student; rows of one student share it."""
    model = _model(setup, line)
    source = held_out(setup, model, pictures=False)
    base = setup.measure(AttentionDistance(_queries(setup, model)), model, source, seed)
    settings: dict[str, Any] = {name: value for name, value in base.settings.items() if name != 'train'}
    label = f'attention of {model.student if model.pretrained else "random " + model.student}, seed {seed}'
    return Job(base.kind, {**settings, 'split': settings['test']['split']}, base.needs, label)


def _queries(setup: Setup, model: Model) -> tuple[str, ...]:
    """Global queries that pretraining trains."""
    config = pretraining_config(model.student, model.options, setup.corpus.offline)
    return tuple(name for name in backbone_config(model.student).get('queries', ()) if name in objectives(config))
