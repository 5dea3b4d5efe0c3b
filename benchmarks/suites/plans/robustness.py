"""Accuracy under corruptions, of fine-tuned models and of a linear SVM on frozen features; errors relative to a model.

Source: ModelNet-C, arXiv 2202.03377: seven corruptions at five severities. Here they are made on the fly from the test
clouds, the same for all models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from benchmarks.protocols.corruption import Corruption, FrozenCorruption
from benchmarks.protocols.corruption_errors import RelativeErrors
from benchmarks.suites.data import Source
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.students import Model
from benchmarks.suites.table import TablePlan, available, stand_ins, suite, table
from zoo.hub.names import known_configs
from zoo.transforms import CORRUPTIONS

ARCHITECTURES = {'recon': 'ReCon', 'smc-dgcnn': 'DGCNN', 'smc-pointnet2': 'PointNet++'}
"""Students whose architectures are compared from random weights, beside the plain transformer."""

ERROR_NOTES = [
    'CE: error under a corruption, summed over severities, relative to the mean of the seeds of the plain transformer '
    'from scratch; mCE is its mean over corruptions. Below 1 is more robust. The published reference of ModelNet-C '
    '(DGCNN) belongs to other clouds and is not used.',
    'A higher clean accuracy lowers CE. RmCE compares what is lost from clean accuracy; it is undefined, and not '
    'measured, where the reference loses nothing.',
]

WORDS = {name: name.replace('_', ' ') for name in CORRUPTIONS}


def corruption_job(planner: Planner, protocol: Corruption, source: Source, model: Model, seed: int) -> Job:
    """The job of a model under corruptions, fine-tuned before unless the protocol reads frozen features."""
    job = planner.measure(protocol, source, model, seed)
    if isinstance(protocol, FrozenCorruption):
        return job
    return replace(job, needs={'classifier': planner.finetune(source, model, seed)})


def corrupted(
    planner: Planner, name: str, title: str, protocol: Corruption, models: Sequence[Model], notes: Sequence[str] = ()
) -> TablePlan:
    """A table with a column for the clean clouds, for each of the corruptions, and for their mean.

    Args:
        planner: what was asked for.
        name: name of the files.
        title: title of the table.
        protocol: how.
        models: rows, where they fit the protocol.
        notes: sentences under the table.
    """
    models = [model for model in models if planner.fits(protocol, model)]
    notes = [
        *notes,
        f'OA of a corruption: mean over severities {", ".join(map(str, protocol.severities))}. Corruptions of '
        'ModelNet-C made on the fly, the same clouds for all models; not the files of ModelNet-C.',
    ]
    sources, missing = available(planner, ['modelnet40'], stand_ins(planner)[:1])
    made = table(planner, name, title, models, notes, sources[:1], missing)
    metrics = {'clean': 'oa', 'mean of the seven': 'oa_corrupted'}
    metrics |= {words: f'oa/{corruption}' for corruption, words in WORDS.items()}
    for source in sources[:1]:
        for column, metric in metrics.items():
            made.fill(column, partial(corruption_job, planner, protocol, source), metric)
    return made


@suite('robustness')
def robustness(planner: Planner) -> list[TablePlan]:
    """Fine-tuned models under the seven corruptions of ModelNet-C."""
    protocol = Corruption(planner.profile.severities)
    return [corrupted(planner, 'robustness', 'Accuracy under corruptions, OA %', protocol, planner.models())]


@suite('robustness_frozen', encoders=True)
def robustness_frozen(planner: Planner) -> list[TablePlan]:
    """Frozen features, read by a linear SVM, under the seven corruptions of ModelNet-C."""
    notes = ['Linear SVM (C = 0.075), fitted on the features of clean clouds.']
    title = 'Accuracy of frozen features under corruptions, OA %'
    protocol = FrozenCorruption(planner.profile.severities)
    return [corrupted(planner, 'robustness_frozen', title, protocol, planner.models(), notes)]


@suite('corruption_errors', 'study')
def corruption_errors(planner: Planner) -> list[TablePlan]:
    """Architectures from random weights and fine-tuned methods under corruptions: OA, mCE and RmCE, by severity."""
    known, size = set(map(str, known_configs())), planner.profile.size
    architectures = {
        name: f'{label} from scratch' for name, label in ARCHITECTURES.items() if f'{name}-{size}' in known
    }
    models = [*planner.students(architectures, pretrained=False), *planner.models()]
    protocol = Corruption(planner.profile.severities)
    accuracy = corrupted(planner, 'corruption_accuracy', 'Accuracy under corruptions, OA %', protocol, models)
    jobs = {(figure.row, figure.seed): accuracy.jobs[figure.key] for figure in accuracy.figures}
    reference = {f'reference:{seed}': job for (row, seed), job in jobs.items() if row == accuracy.reference}
    errors, severities = (
        accuracy.model_copy(update={'name': f'corruption_{name}', 'columns': [], 'figures': [], 'jobs': {}})
        for name in ('errors', 'severities')
    )
    errors.title, errors.better, errors.digits = 'Corruption errors relative to the plain transformer', 'less', 3
    errors.notes = [*ERROR_NOTES, *accuracy.notes]
    severities.title, severities.rows, severities.about = 'OA by corruption and severity, %', [], {}
    severities.reference = ''
    metrics = {'mCE': 'mce', 'RmCE': 'rmce', **{f'CE {words}': f'ce/{name}' for name, words in WORDS.items()}}
    for (row, seed), job in jobs.items():
        label = str(job).replace('corruption', 'corruption errors of', 1)
        compared = Job(RelativeErrors.spec(), job.settings, {'own': job, **reference}, label)
        for column, metric in metrics.items():
            errors.add(row, column, seed, compared, metric)
        for name, words in WORDS.items():
            for severity in protocol.severities:
                severities.add(f'{row}, {words}', f'severity {severity}', seed, job, f'oa/{name}/{severity}')
    return [accuracy, errors, severities]
