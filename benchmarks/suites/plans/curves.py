"""How much a student needs: pretraining data, samples seen, labels.

Data: figure a of arXiv 2302.02318, transfer accuracy over the share of the pretraining data, for masked modeling,
contrast, and ReCon. Shares are nested, class-balanced and drawn once from a seed. In the paper the number of epochs is
the same, so that less data also means fewer steps; a second study keeps the steps.

Samples seen: every point is the student on the way of one run at its full schedule, not the end of a shorter one. The
suites of a profile that has this study measure the ends of the same runs.

Labels: what students need to learn a task, fine-tuned or frozen under a linear SVM. Shares are nested and
class-balanced, drawn anew for every seed; a class keeps one object at least. The number of clouds that fine-tuning sees
is the same for all, so that fewer labels are seen more often; the rate is chosen for every row and share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from benchmarks.protocols.svm import SVM
from benchmarks.protocols.zero_shot import ZeroShot
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.frozen import few_shot_job, unseen, zero_shot_job
from benchmarks.suites.students import Model
from benchmarks.suites.table import LAST_EPOCH, SUPERVISED_BY, TablePlan, available, hardest, suite, table

ROWS = {'point-mae': 'MPM (Point-MAE)', 'cmc': 'CMC', 'smc': 'SMC', 'recon': 'ReCon'}

SEEN_ROWS = {'point-mae': ROWS['point-mae'], 'cmc': 'CMC', 'cmc-nce': 'CMC, InfoNCE', 'smc': 'SMC', 'recon': 'ReCon'}

OFFICIAL = ['scanobjectnn-pb_t50_rs', 'modelnet40']


def students(planner: Planner, rows: Mapping[str, str] = ROWS) -> list[Model]:
    """Rows, as far as the profile compares them."""
    return planner.students({name: label for name, label in rows.items() if name in planner.profile.methods})


@suite('data_curve', 'study')
def data_curve(planner: Planner) -> list[TablePlan]:
    """Transfer accuracy over the share of the pretraining data: MPM, CMC, SMC, ReCon."""
    return curves(planner, equal_steps=False)


@suite('data_curve_steps', 'study')
def data_curve_steps(planner: Planner) -> list[TablePlan]:
    """The same at equal steps, so that data and length are told apart."""
    return curves(planner, equal_steps=True)


def curves(planner: Planner, equal_steps: bool) -> list[TablePlan]:
    """A curve on every source; with equal steps, less data is seen in more epochs."""
    profile, made = planner.profile, []
    if equal_steps:
        name, over = 'data_curve_steps', ', at equal steps'
        said = 'steps is the same, so that less data is seen more often'
    else:
        name, over, said = 'data_curve', '', 'epochs is the same, so that less data means fewer steps'
    notes = (
        f'Shares are nested and class-balanced; the number of {said}.',
        f'Linear SVM on frozen features. {LAST_EPOCH}',
    )
    axes = ['share of the pretraining data', 'OA, %']
    models = students(planner)
    sources, missing = available(planner, OFFICIAL, hardest(planner))
    for source in sources if models else ():
        title = f'SVM on {source.title} over the share of the pretraining data{over}, OA %'
        curve = table(planner, f'{name}_{source.name}', title, models, notes, sources, missing, curve=True, axes=axes)
        for percent in profile.fractions:
            epochs = round(profile.epochs * 100 / percent) if equal_steps else profile.epochs
            longer = replace(planner, profile=replace(profile, epochs=epochs))
            part = [replace(model, fraction=percent) for model in curve.models]
            curve.fill(f'{percent} %', partial(longer.measure, SVM(), source), models=part)
        made.append(curve)
    return made


SEEN_NOTES = (
    'Students on the way of one pretraining, in whole epochs; every point is shown and none selected. The learning '
    'rate falls over the whole run, so that an early point is no finished shorter training.',
    'From scratch: no sample seen, so that its figure is the same at every point.',
)


@suite('samples_seen', 'study')
def samples_seen(planner: Planner) -> list[TablePlan]:
    """Accuracy over the samples seen in one pretraining, and whether it had converged: MPM, CMC, SMC, ReCon."""
    planner = planner.unreleased
    profile = planner.profile
    models = students(planner, SEEN_ROWS)
    if not models:
        return []
    batch = planner.batch_size(models[0])
    whole_batches = planner.corpus.objects // batch * batch
    ways, shots = profile.few_shot[0]
    sources, missing = available(planner, OFFICIAL, hardest(planner))
    axes, found = ['samples seen in pretraining', 'OA, %'], []
    for source in sources:
        named = unseen(planner, source) if source.name.startswith('procedural') else source
        for suffix, what, measure, learns in (
            ('svm', 'SVM', partial(planner.measure, SVM(), source), True),
            ('few_shot', f'{ways}-way {shots}-shot', partial(few_shot_job, planner, ways, shots, source), True),
            ('zero_shot', 'Zero-shot', partial(zero_shot_job, planner, named), False),
        ):
            rows = models if learns else [model for model in models if planner.fits(ZeroShot, model)]
            place = source if learns else named
            made = table(
                planner,
                f'samples_seen_{suffix}_{source.name}',
                f'{what} on {place.title} over samples seen, OA %',
                rows,
                SEEN_NOTES if learns else SEEN_NOTES[:1],
                [place],
                missing,
                baseline=learns,
                curve=True,
                doublings=True,
                axes=axes,
            )
            seeds = None if learns else planner.pretrain_seeds
            for epoch in profile.doublings if rows else ():
                made.fill(f'{epoch * whole_batches:,} samples', partial(planner.after, epoch, measure), seeds=seeds)
            found += [made] if rows else []
    return found


LABEL_SHARES = (1, 5, 10, 50)
"""In percent."""

LABEL_NOTES = (
    'A share of the labels: nested, class-balanced, drawn anew for every seed, one object a class at least. The clouds '
    'seen in fine-tuning are as many at every share; the rate is chosen for every row and share, on training objects.',
    'Rows that say frozen: a linear SVM (C = 0.075) on features of the same weights and labels.',
    LAST_EPOCH,
)


@suite('label_efficiency', 'study')
def label_efficiency(planner: Planner) -> list[TablePlan]:
    """Fine-tuned and frozen with 1, 5, 10 and 50 % of the labels against random weights: MPM, CMC, SMC, ReCon."""
    models = students(planner)
    sources, missing = available(planner, OFFICIAL, hardest(planner)[-1:])
    found = []
    for source in sources if models else ():
        name, title = f'label_efficiency_{source.name}', f'{source.title} by share of the labels, OA %'
        axes = ['share of the labels', 'OA, %']
        made = table(planner, name, title, models, LABEL_NOTES, sources, missing, curve=True, axes=axes)
        frozen = [replace(model, label=f'{model.label}, frozen, SVM') for model in made.models]
        for percent in LABEL_SHARES:
            made.fill(f'{percent} %', partial(with_labels, partial(planner.finetune, source), percent))
            svm = partial(planner.measure, SVM(), source)
            made.fill(f'{percent} %', partial(with_labels, svm, percent), models=frozen)
        supervised = made.about[SUPERVISED_BY]
        supervised |= {model.label: planner.supervised_by(model) for model in frozen}
        found.append(made)
    return found


def with_labels(measure: Callable[[Model, int], Job], percent: int, model: Model, seed: int) -> Job:
    """The job that measures with a share of the labels."""
    job, more = measure(model, seed), f', {percent} % of the labels'
    needs = {
        role: replace(need, settings={**need.settings, 'label_share': percent}, label=f'{need}{more}')
        if role == 'recipe'
        else need
        for role, need in job.needs.items()
    }
    return replace(job, settings={**job.settings, 'label_share': percent}, needs=needs, label=f'{job}{more}')
