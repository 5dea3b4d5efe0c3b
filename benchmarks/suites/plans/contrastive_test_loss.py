"""Does reconstruction keep the contrast from overfitting?

Source: the test-loss curves of arXiv 2302.02318: contrastive loss of plain CMC and of ReCon over training, on objects
that were never pretrained on, with the accuracy of a downstream task. There the task is fine-tuning on ScanObjectNN,
here a linear SVM on frozen features, which sees every snapshot as it is.
"""

from __future__ import annotations

import dataclasses

from benchmarks.protocols.held_out_loss import HeldOutLoss
from benchmarks.protocols.svm import SVM
from benchmarks.suites.data import Source
from benchmarks.suites.following import snapshot_epochs
from benchmarks.suites.job import Job
from benchmarks.suites.plans.common import SUPERVISED_BY, ends, sheet, with_substitutes
from benchmarks.suites.plans.held_out import held_out, pretraining_seeds
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite

ROWS = {'CMC': 'cmc', 'ReCon': 'recon'}
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


def follow_job(setup: Setup, model: Model, seed: int) -> Job:
    """The pretraining of a model with snapshots on the way."""
    base = setup.pretraining(model, seed)
    snapshots = {'snapshots': snapshot_epochs(setup.profile.epochs)}
    return Job('follow', {**base.settings, **snapshots}, base.needs, f'{base} with snapshots')


@suite('contrastive_test_loss', 'study')
def contrastive_test_loss(setup: Setup) -> list[Sheet]:
    """Contrastive loss of CMC and ReCon on held-out objects over pretraining, with accuracy at the same epochs."""
    names = {f'{method}-{setup.profile.size}': label for label, method in ROWS.items()}
    models = [Model(names[student], student) for student in setup.chosen(list(names))]
    if not models:
        return []
    return [*_losses(setup, models), *_accuracies(setup, models)]


def _losses(setup: Setup, models: list[Model]) -> list[Sheet]:
    """Sheets of the training loss and of InfoNCE."""
    loss = sheet(setup, 'contrastive_test_loss', 'Contrastive loss', models, LOSS_NOTES, baseline=False)
    contrast = sheet(setup, 'contrastive_test_loss_nce', 'InfoNCE of images', models, NCE_NOTES, baseline=False)
    supervised = loss.about[SUPERVISED_BY]
    supervised |= {label + MASKED: text for label, text in supervised.items()}
    for made, axis in ((loss, 'contrastive loss'), (contrast, 'InfoNCE')):
        made.better, made.digits = 'less', 4
        made.curve, made.axes = True, (EPOCH, f'{axis}, held-out objects')
        made.columns = [f'epoch {epoch}' for epoch in snapshot_epochs(setup.profile.epochs)]
        made.title += ' on held-out objects over pretraining'
    if setup.corpus.get:
        return [loss, contrast]
    for made in (loss, contrast):
        made.title += f' ({held_out(setup, models[0]).title})'
    for model in models:
        for seed in pretraining_seeds(setup):
            for epoch in snapshot_epochs(setup.profile.epochs):
                job = _loss_job(setup, model, seed, epoch)
                loss.add(model.label, f'epoch {epoch}', seed, job, 'loss')
                contrast.add(model.label, f'epoch {epoch}', seed, job, 'info_nce/image')
                if model.label == 'ReCon':
                    loss.add(model.label + MASKED, f'epoch {epoch}', seed, job, 'loss_masked')
                if model is models[-1] and seed == 0:
                    loss.add(CONSTANT, f'epoch {epoch}', seed, job, 'loss_constant')
    return [loss, contrast]


def _loss_job(setup: Setup, model: Model, seed: int, epoch: int) -> Job:
    """The job that measures the loss of one snapshot."""
    base = setup.measure(HeldOutLoss(), model, held_out(setup, model), seed, epoch=epoch)
    settings = {name: value for name, value in base.settings.items() if name != 'train'}
    settings |= {'options': dict(model.options), 'offline': setup.corpus.offline, 'split': settings['test']['split']}
    return Job(base.kind, settings, {'weights': follow_job(setup, model, seed)}, f'{base}, epoch {epoch}')


def _accuracies(setup: Setup, models: list[Model]) -> list[Sheet]:
    """Sheets of the accuracy, one for every source."""
    probe = Sheet('', '')
    official = ['scanobjectnn-pb_t50_rs', 'modelnet40']
    substitutes = ends(setup) if setup.profile.sources else ends(setup)[-1:]
    sources = with_substitutes(setup, probe, official, substitutes)
    return [_accuracy(setup, models, source, probe) for source in sources]


def _accuracy(setup: Setup, models: list[Model], source: Source, probe: Sheet) -> Sheet:
    """Accuracy on one source at the epochs of the losses, random weights beside it."""
    title = f'SVM on {source.title} over pretraining, OA %'
    made = sheet(setup, f'contrastive_test_loss_svm_{source.name}', title, models, [*SVM_NOTES, *probe.notes])
    made.missing |= probe.missing
    made.curve, made.axes = True, (EPOCH, 'OA, %')
    for epoch in snapshot_epochs(setup.profile.epochs):
        for seed in setup.repetitions:
            column = f'epoch {epoch}'
            made.add(setup.baseline.label, column, seed, setup.measure(SVM(), setup.baseline, source, seed))
            for model in [] if setup.corpus.get else models:
                job = setup.measure(SVM(), model, source, seed, epoch=epoch)
                needs = {'weights': follow_job(setup, model, seed)}
                made.add(model.label, column, seed, dataclasses.replace(job, needs=needs, label=f'{job}, {column}'))
    return made
