"""What the paper of ReCon claims, each claim as two figures of which it says that one is larger.

Source: arXiv 2302.02318. Its figures a and b: contrast needs much data, masked modeling little, and contrast looks
farther; its test loss: contrast overfits, reconstruction keeps it from that; its tables: ReCon is ahead of its parts
and of other ways to join them, and teachers shall be frozen and the streams parted. Nothing is measured for this table
alone: a claim is asked where the profile runs the suite that measures it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from benchmarks.protocols.svm import SVM
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.ablations import FUSION, STOP_GRADIENT, TEACHER
from benchmarks.suites.plans.held_out import DISTANCE, attention_job, loss_job
from benchmarks.suites.students import Model
from benchmarks.suites.table import TablePlan, available, column, hardest, stand_ins, suite, table
from zoo.hub import backbone_config

NOTES = (
    'Supports: the figure claimed larger is larger by test; contradicts: it is smaller by test; cannot tell: neither.',
    'Small students, other teachers and other data than those of the paper: a verdict is on this setting.',
)


@suite('claims', 'study')
def claims(planner: Planner) -> list[TablePlan]:
    """Claims of the ReCon paper, each decided by a test: supports, contradicts, or cannot tell."""
    planner = planner.unreleased
    profile = planner.profile
    methods = {name: model for name in FUSION for model in planner.students({name: ''}) if name in profile.methods}
    official = ['modelnet40', 'scanobjectnn-pb_t50_rs']
    sources, missing = available(planner, official, stand_ins(planner))
    title = 'Claims of the ReCon paper, and what is found here'
    made = table(planner, 'claims', title, [], NOTES, sources, missing, baseline=False, claims=True, about={})

    def larger(
        claim: str,
        model: Model | None,
        other: Model | None,
        job: Callable[[Model, int], Job],
        metric: str = 'oa',
        pretrainings: bool = False,
    ) -> None:
        """Add a claim, where both of its models were asked for."""
        if model is None or other is None:
            return
        for place, chosen in (('claimed larger', model), ('claimed smaller', other)):
            for seed in planner.pretrain_seeds if pretrainings else made.seeds:
                made.add(claim, place, seed, job(chosen, seed), metric)

    point_mae, cmc, recon = (methods.get(name) for name in ('point-mae', 'cmc', 'recon'))

    for source in available(planner, official, hardest(planner))[0] if profile.runs('data_curve') else ():
        svm, where, least = partial(planner.measure, SVM(), source), column(source, 'SVM'), min(profile.fractions)
        few = {name: replace(model, fraction=least) for name, model in methods.items()}
        larger(f'a. CMC with all data above {least} % of it: {where}', cmc, few.get('cmc'), svm)
        for name in ('point-mae', 'recon'):
            claim = f'a. {FUSION[name]} above CMC at {least} % of the data: {where}'
            larger(claim, few.get(name), few.get('cmc'), svm)
    if profile.runs('attention_distance') and not planner.corpus.get and cmc:
        claim = 'b. patches of CMC look farther than those of Point-MAE: attention distance, last layer'
        metric = f'{DISTANCE}/layer_{backbone_config(cmc.student)["depth"]}'
        larger(claim, cmc, point_mae, partial(attention_job, planner), metric, pretrainings=True)
    if profile.runs('contrastive_test_loss') and not planner.corpus.get:
        claim = 'c. contrastive loss of CMC on held-out objects above that of ReCon: loss at the end'
        larger(claim, cmc, recon, partial(loss_job, planner, profile.epochs), 'loss', pretrainings=True)
    for source in sources:
        svm, where = partial(planner.measure, SVM(), source), column(source, 'SVM')
        if profile.runs('ablation_fusion'):
            for name, label in FUSION.items():
                if name != 'recon':
                    larger(f'd. ReCon above {label}: {where}', recon, methods.get(name), svm)
        for name, rows, label, claim in (
            (
                'ablation_teacher',
                TEACHER,
                'image teacher trained along',
                'a frozen image teacher above one trained along',
            ),
            ('ablation_stop_gradient', STOP_GRADIENT, 'queries move the patch tokens', 'a stop-gradient above none'),
        ):
            if profile.runs(name) and recon:
                larger(f'e. {claim}: {where}', recon, replace(recon, label=label, options=rows[label]), svm)
    return [made] if made.figures else []
