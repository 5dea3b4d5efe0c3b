"""Accuracy under corruptions, of fine-tuned models and of a linear SVM on frozen features.

Source: ModelNet-C, arXiv 2202.03377: seven corruptions at five severities. Here they are made on the fly from the test
clouds, the same for all models.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.protocols.corruption import Corruption, FrozenCorruption
from benchmarks.suites.plans.common import ends, rows_of, sheet, with_substitutes
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.suite import suite
from zoo.transforms import CORRUPTIONS


def corrupted(setup: Setup, name: str, title: str, protocol: Corruption, notes: list[str]) -> Sheet:
    """A sheet with a column for the clean clouds, for each of the corruptions, and for their mean.

    Args:
        setup: what was asked for.
        name: name of the files.
        title: title of the table.
        protocol: how.
        notes: sentences under the table.
    """
    models = [model for model in setup.models() if setup.fits(protocol, model)]
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
                job = setup.measure(protocol, model, source, seed)
                if type(protocol) is Corruption:
                    job = replace(job, needs={'classifier': setup.finetune(model, source, seed)})
                for title, metric in columns.items():
                    made.add(model.label, title, seed, job, metric)
    return made


@suite('robustness')
def robustness(setup: Setup) -> list[Sheet]:
    """Fine-tuned models under the seven corruptions of ModelNet-C."""
    protocol = Corruption(setup.profile.severities)
    return [corrupted(setup, 'robustness', 'Accuracy under corruptions, OA %', protocol, [])]


@suite('robustness_frozen', encoders=True)
def robustness_frozen(setup: Setup) -> list[Sheet]:
    """Frozen features, read by a linear SVM, under the seven corruptions of ModelNet-C."""
    notes = ['Linear SVM (C = 0.075), fitted on the features of clean clouds.']
    title = 'Accuracy of frozen features under corruptions, OA %'
    return [corrupted(setup, 'robustness_frozen', title, FrozenCorruption(setup.profile.severities), notes)]
