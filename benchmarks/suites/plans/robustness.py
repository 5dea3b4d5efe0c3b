"""Accuracy under corruptions, of fine-tuned models and of a linear SVM on frozen features; errors relative to a model.

Source: ModelNet-C, arXiv 2202.03377: seven corruptions at five severities. Here they are made on the fly from the test
clouds, the same for all models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.protocols.corruption import Corruption, FrozenCorruption
from benchmarks.protocols.corruption_errors import RelativeErrors
from benchmarks.suites.data import Source
from benchmarks.suites.job import Job
from benchmarks.suites.plans.common import ends, rows_of, sheet, with_substitutes
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite
from zoo.hub.names import known_configs
from zoo.transforms import CORRUPTIONS

ARCHITECTURES = {'ReCon': 'recon', 'DGCNN': 'smc-dgcnn', 'PointNet++': 'smc-pointnet2'}
"""Students whose architectures are compared from random weights, beside the plain transformer."""

ERROR_NOTES = [
    'CE: error under a corruption, summed over severities, relative to the mean of the seeds of the plain transformer '
    'from scratch; mCE is its mean over corruptions. Below 1 is more robust. The published reference of ModelNet-C '
    '(DGCNN) belongs to other clouds and is not used.',
    'A higher clean accuracy lowers CE. RmCE compares what is lost from clean accuracy; it is undefined, and not '
    'measured, where the reference loses nothing.',
]


def corrupted(
    setup: Setup, name: str, title: str, protocol: Corruption, notes: list[str], models: Sequence[Model]
) -> Sheet:
    """A sheet with a column for the clean clouds, for each of the corruptions, and for their mean.

    Args:
        setup: what was asked for.
        name: name of the files.
        title: title of the table.
        protocol: how.
        notes: sentences under the table.
        models: rows, where they fit the protocol.
    """
    models = [model for model in models if setup.fits(protocol, model)]
    shown = ', '.join(map(str, protocol.severities))
    notes = [
        *notes,
        f'OA of a corruption: mean over severities {shown}. Corruptions of ModelNet-C made on the fly, the same clouds '
        'for all models; not the files of ModelNet-C.',
    ]
    made = sheet(setup, name, title, models, notes)
    columns = {'clean': 'oa', 'mean of the seven': 'oa_corrupted'}
    columns |= {name.replace('_', ' '): f'oa/{name}' for name in CORRUPTIONS}
    for source in with_substitutes(setup, made, ['modelnet40'], ends(setup)[:1])[:1]:
        for model in rows_of(setup, models):
            for seed in setup.repetitions:
                job = corruption_job(setup, protocol, model, source, seed)
                for title, metric in columns.items():
                    made.add(model.label, title, seed, job, metric)
    return made


def corruption_job(setup: Setup, protocol: Corruption, model: Model, source: Source, seed: int) -> Job:
    """The job of a model under corruptions, fine-tuned before unless the protocol reads frozen features."""
    job = setup.measure(protocol, model, source, seed)
    if isinstance(protocol, FrozenCorruption):
        return job
    return replace(job, needs={'classifier': setup.finetune(model, source, seed)})


@suite('robustness')
def robustness(setup: Setup) -> list[Sheet]:
    """Fine-tuned models under the seven corruptions of ModelNet-C."""
    protocol = Corruption(setup.profile.severities)
    return [corrupted(setup, 'robustness', 'Accuracy under corruptions, OA %', protocol, [], setup.models())]


@suite('robustness_frozen', encoders=True)
def robustness_frozen(setup: Setup) -> list[Sheet]:
    """Frozen features, read by a linear SVM, under the seven corruptions of ModelNet-C."""
    notes = ['Linear SVM (C = 0.075), fitted on the features of clean clouds.']
    title = 'Accuracy of frozen features under corruptions, OA %'
    protocol = FrozenCorruption(setup.profile.severities)
    return [corrupted(setup, 'robustness_frozen', title, protocol, notes, setup.models())]


@suite('corruption_errors', 'study')
def corruption_errors(setup: Setup) -> list[Sheet]:
    """Architectures from random weights and fine-tuned methods under corruptions: OA, mCE and RmCE, by severity."""
    size, known = setup.profile.size, set(map(str, known_configs()))
    names = {f'{stem}-{size}': f'{label} from scratch' for label, stem in ARCHITECTURES.items()}
    students = setup.chosen([name for name in names if name in known])
    models = [*(Model(names[name], name, pretrained=False) for name in students), *setup.models()]
    protocol = Corruption(setup.profile.severities)
    accuracy = corrupted(setup, 'corruption_accuracy', 'Accuracy under corruptions, OA %', protocol, [], models)
    errors = replace(accuracy, name='corruption_errors', title='Corruption errors relative to the plain transformer')
    errors.columns, errors.figures, errors.notes = [], [], [*ERROR_NOTES, *accuracy.notes]
    errors.better, errors.digits = 'less', 3
    severities = replace(accuracy, name='corruption_severities', title='OA by corruption and severity, %')
    severities.rows, severities.columns, severities.figures = [], [], []
    severities.about, severities.reference = {}, ''
    jobs = {(figure.row, figure.seed): figure.job for figure in accuracy.figures}
    references = {f'reference:{seed}': job for (row, seed), job in jobs.items() if row == accuracy.reference}
    columns = {'mCE': 'mce', 'RmCE': 'rmce', **{f'CE {name.replace("_", " ")}': f'ce/{name}' for name in CORRUPTIONS}}
    for (row, seed), job in jobs.items():
        label = str(job).replace('corruption', 'corruption errors of', 1)
        compared = Job(RelativeErrors.spec(), job.settings, {'own': job, **references}, label)
        for column, metric in columns.items():
            errors.add(row, column, seed, compared, metric)
        for name in CORRUPTIONS:
            for severity in protocol.severities:
                place = f'{row}, {name.replace("_", " ")}', f'severity {severity}'
                severities.add(*place, seed, job, f'oa/{name}/{severity}')
    return [accuracy, errors, severities]
