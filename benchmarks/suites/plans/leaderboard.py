"""One table of all methods: frozen, few labels, no labels, and fine-tuned where the profile has time for it.

Nothing here is measured for this table alone; its jobs are those of the suites of the single protocols.
"""

from __future__ import annotations

from benchmarks.protocols.finetune import Finetune
from benchmarks.protocols.svm import SVM
from benchmarks.suites.plans.common import LAST_EPOCH, column, ends, noted, rows_of, sheet
from benchmarks.suites.plans.few_shot import few_shot_job
from benchmarks.suites.plans.zero_shot import unseen, zero_shot_job
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.suite import suite


@suite('leaderboard', encoders=True)
def leaderboard(setup: Setup) -> list[Sheet]:
    """All methods on the built-in shapes: linear SVM, few-shot, zero-shot to unseen classes, fine-tuning."""
    models = setup.models()
    tuned = setup.profile.finetune_samples > 0 and any(model.pretrained for model in models)
    ways, shots = setup.profile.few_shot[0]
    notes = [
        LAST_EPOCH,
        f'Few-shot: {setup.profile.folds} folds, a linear SVM on frozen features. Zero-shot: ten classes that no '
        'pretraining saw, by their names; chance is 10 %; methods without a text query have none.',
        f'{"SVM and fine-tuning" if tuned else "SVM"}: {setup.profile.labels_per_class} labels a class, other ones for '
        'every seed.',
    ]
    made = sheet(setup, 'leaderboard', 'All methods on the built-in shapes, OA %', models, notes)
    sources = noted(made, [setup.source(name) for name in ends(setup)])
    for source in sources:
        novel = unseen(setup, source.variant)
        for model in rows_of(setup, models):
            for seed in setup.repetitions:
                made.add(model.label, column(source, 'SVM'), seed, setup.measure(SVM(), model, source, seed))
                job = few_shot_job(setup, model, source, seed, ways, shots)
                made.add(model.label, column(source, f'{ways}-way {shots}-shot'), seed, job)
                if tuned and source is sources[-1] and setup.fits(Finetune, model):
                    made.add(model.label, column(source, 'fine-tuned'), seed, setup.finetune(model, source, seed))
            if setup.speaks(model):
                for seed in sorted({setup.pretraining(model, seed).settings['seed'] for seed in setup.repetitions}):
                    made.add(model.label, column(source, 'zero-shot'), seed, zero_shot_job(setup, model, novel, seed))
    return [made]
