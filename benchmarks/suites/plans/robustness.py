"""Accuracy of fine-tuned models under corruptions.

Source: ModelNet-C, arXiv 2202.03377: seven corruptions at five severities. Here they are made on the fly from the test
clouds, the same for all models.
"""

from __future__ import annotations

from benchmarks.suites.plans.common import ends, rows_of, sheet, with_substitutes
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.suite import suite
from zoo.transforms import CORRUPTIONS


@suite('robustness')
def robustness(setup: Setup) -> list[Sheet]:
    """Fine-tuned models under the seven corruptions of ModelNet-C."""
    models = setup.models()
    severities = list(setup.profile.severities)
    notes = [
        f'OA of a corruption: mean over severities {", ".join(map(str, severities))}. Corruptions of ModelNet-C made '
        'on the fly, the same clouds for all models; not the files of ModelNet-C.',
    ]
    made = sheet(setup, 'robustness', 'Accuracy under corruptions, OA %', models, notes)
    columns = {'clean': 'oa', 'mean of the seven': 'oa_corrupted'}
    columns |= {name.replace('_', ' '): f'oa/{name}' for name in CORRUPTIONS}
    for source in with_substitutes(setup, made, ['modelnet40'], ends(setup)[:1])[:1]:
        for model in rows_of(setup, models):
            for seed in setup.repetitions:
                tuned = setup.finetune(model, source, seed)
                job = setup.measure('corruption', model, source, seed, severities=severities)
                job = type(job)(job.kind, job.settings, {'classifier': tuned}, job.label)
                for title, metric in columns.items():
                    made.add(model.label, title, seed, job, metric)
    return [made]
