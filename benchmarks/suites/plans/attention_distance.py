"""How far do students look?

Source: figure b of arXiv 2302.02318: average attention distance by layer; contrast looks ever farther, masked modeling
stays near. The paper gives no formula, see :mod:`zoo.visualize.attention_distance` for the one that is used.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.protocols.attention import AttentionDistance
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.common import table
from benchmarks.suites.plans.held_out import held_out, measure_held_out
from benchmarks.suites.students import Model, objectives
from benchmarks.suites.suite import suite
from benchmarks.suites.table import TablePlan
from zoo.hub import backbone_config

NOTES = (
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

ROWS = {
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
        for label, (method, _, pretrained) in ROWS.items()
        for model in planner.students({method: label}, pretrained=pretrained)
    ]
    if not models:
        return []
    layers = range(1, backbone_config(models[0].student)['depth'] + 1)
    title, columns = 'Average attention distance by layer', [f'layer {layer}' for layer in layers]
    made = table(
        planner, 'attention_distance', title, models, NOTES, baseline=False, better='none', digits=3, curve=True,
        columns=columns, axes=['layer', 'radii of the cloud'],
    )  # fmt: skip
    made.rows.append(EVEN)
    if planner.corpus.get:
        return [made]
    for model in models:
        for seed in planner.pretrain_seeds:
            job = attention_job(planner, model, seed)
            for layer in layers:
                made.add(model.label, f'layer {layer}', seed, job, f'{ROWS[model.label][1]}/layer_{layer}')
                if model is models[0] and seed == 0:
                    made.add(EVEN, f'layer {layer}', seed, job, 'even')
    made.title += f' ({held_out(planner, models[0]).title})'
    return [made]


def attention_job(planner: Planner, model: Model, seed: int) -> Job:
    """The job that measures one student; rows of one student share it."""
    trained = objectives(planner.config(model))
    queries = tuple(name for name in backbone_config(model.student).get('queries', ()) if name in trained)
    label = f'attention of {"" if model.pretrained else "random "}{model.student}, seed {seed}'
    job = measure_held_out(
        planner, AttentionDistance(queries), replace(model, label=model.student), seed, pictures=False
    )
    return replace(job, label=label)
