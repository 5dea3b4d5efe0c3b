"""Does reconstruction keep the contrast from overfitting?

Source: the test-loss curves of arXiv 2302.02318: contrastive loss of plain CMC and of ReCon over training, on objects
that were never pretrained on, with the accuracy of a downstream task. There the task is fine-tuning on ScanObjectNN,
here a linear SVM on frozen features, which sees every snapshot as it is.
"""

from __future__ import annotations

from typing import Any

from benchmarks.protocols.held_out_loss import HeldOutLoss
from benchmarks.protocols.svm import SVM
from benchmarks.suites.data import Source
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.common import SUPERVISED_BY, available, hardest, on_the_way, table
from benchmarks.suites.plans.held_out import held_out, measure_held_out
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite
from benchmarks.suites.table import TablePlan

ROWS = {'cmc': 'CMC', 'recon': 'ReCon'}
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
    models = planner.students(ROWS)
    if not models:
        return []
    found = [*_losses(planner, models)]
    sources, missing = available(planner, ['scanobjectnn-pb_t50_rs', 'modelnet40'], hardest(planner))
    for source in sources:
        name, title = f'contrastive_test_loss_svm_{source.name}', f'SVM on {source.title} over pretraining, OA %'
        axes = [EPOCH, 'OA, %']
        made = table(planner, name, title, models, SVM_NOTES, sources, missing, curve=True, axes=axes)
        for epoch in planner.profile.doublings:
            for model in made.models:
                for seed in made.seeds:
                    made.add(model.label, f'epoch {epoch}', seed, _accuracy_job(planner, source, model, seed, epoch))
        found.append(made)
    return found


def _losses(planner: Planner, models: list[Model]) -> list[TablePlan]:
    """Tables of the training loss and of InfoNCE."""
    epochs, tables = planner.profile.doublings, []
    where = '' if planner.corpus.get else f' ({held_out(planner, models[0]).title})'
    for suffix, title, axis, notes in (
        ('', 'Contrastive loss', 'contrastive loss', LOSS_NOTES),
        ('_nce', 'InfoNCE of images', 'InfoNCE', NCE_NOTES),
    ):
        name, title = f'contrastive_test_loss{suffix}', f'{title} on held-out objects over pretraining{where}'
        made = table(
            planner, name, title, models, notes, baseline=False, better='less', digits=4, curve=True,
            axes=[EPOCH, f'{axis}, held-out objects'], columns=[f'epoch {epoch}' for epoch in epochs],
        )  # fmt: skip
        tables.append(made)
    loss, contrast = tables
    supervised = loss.about[SUPERVISED_BY]
    supervised |= {label + MASKED: text for label, text in supervised.items()}
    for model in loss.models:
        for seed in planner.pretrain_seeds:
            for epoch in epochs:
                job, place = loss_job(planner, model, seed, epoch), f'epoch {epoch}'
                loss.add(model.label, place, seed, job, 'loss')
                contrast.add(model.label, place, seed, job, 'info_nce/image')
                if model.label == 'ReCon':
                    loss.add(model.label + MASKED, place, seed, job, 'loss_masked')
                if model is models[-1] and seed == 0:
                    loss.add(CONSTANT, place, seed, job, 'loss_constant')
    return tables


def loss_job(planner: Planner, model: Model, seed: int, epoch: int) -> Job:
    """The job that measures the loss of one snapshot."""
    own: dict[str, Any] = {'options': dict(model.options), 'offline': planner.corpus.offline}
    return on_the_way(planner, measure_held_out(planner, HeldOutLoss(), model, seed, **own), epoch)


def _accuracy_job(planner: Planner, source: Source, model: Model, seed: int, epoch: int) -> Job:
    """The job that measures the accuracy of one snapshot, or of random weights."""
    job = planner.measure(SVM(), source, model, seed)
    return on_the_way(planner, job, epoch) if model.pretrained else job
