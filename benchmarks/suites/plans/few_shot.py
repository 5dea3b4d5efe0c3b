"""Few-shot episodes.

Source: 5 or 10 ways, 10 or 20 shots, ten folds (arXiv 2111.14819). The literature fine-tunes every fold; here a linear
SVM reads frozen features, which the name of the protocol says.
"""

from __future__ import annotations

from benchmarks.protocols.few_shot import FewShot
from benchmarks.suites.data import Source
from benchmarks.suites.job import Job
from benchmarks.suites.plans.common import ends, rows_of, sheet, with_substitutes
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import Model
from benchmarks.suites.suite import suite


def few_shot_job(setup: Setup, model: Model, source: Source, seed: int, ways: int, shots: int) -> Job:
    """The job of one setting; supports come from the whole training split."""
    profile = setup.profile
    protocol = FewShot(ways, shots, source.queries or profile.queries, profile.folds)
    return setup.measure(protocol, model, source, seed, per_class=None)


@suite('few_shot', encoders=True)
def few_shot(setup: Setup) -> list[Sheet]:
    """Few-shot episodes (5/10 ways, 10/20 shots, ten folds) by a linear SVM on frozen features."""
    models = setup.models()
    found = []
    probe = Sheet('', '')
    for source in with_substitutes(setup, probe, ['modelnet40'], [*ends(setup), 'shapedb69']):
        queries = source.queries or setup.profile.queries
        notes = [
            f'{setup.profile.folds} folds of {queries} queries a class, other episodes for every seed; '
            'a linear SVM (C = 0.075) on frozen features, not the fine-tuning of the literature.',
            'oa: mean over folds, with its 95 % interval over seeds. The literature prints the deviation over folds '
            'instead, which the records hold as oa_std.',
        ]
        made = sheet(setup, f'few_shot_{source.name}', f'Few-shot on {source.title}, OA %', models, notes)
        made.missing |= probe.missing
        made.notes += [note for note in probe.notes if note not in made.notes]
        for ways, shots in setup.profile.few_shot:
            for model in rows_of(setup, models):
                for seed in setup.repetitions:
                    job = few_shot_job(setup, model, source, seed, ways, shots)
                    made.add(model.label, f'{ways}-way {shots}-shot', seed, job)
        found.append(made)
    return found
