"""What the habits of released code add to clean figures.

Source: arXiv 2302.02318 with its released code, see :mod:`benchmarks.protocols.paper`. Nothing of this stands in any
other table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.protocols.few_shot_finetune import EPOCHS, FewShotFinetune
from benchmarks.protocols.finetune import CONFIG
from benchmarks.protocols.paper.best_epoch import BestEpoch
from benchmarks.protocols.paper.best_of_seeds import BestOfSeeds
from benchmarks.protocols.paper.cls_trains import ClsTrains
from benchmarks.protocols.paper.votes import COPIES, REPETITIONS, Votes, vote_transforms
from benchmarks.protocols.probe import Probe
from benchmarks.suites.data import Source
from benchmarks.suites.job import Job
from benchmarks.suites.plans.common import ends, rows_of, sheet, with_substitutes
from benchmarks.suites.plans.few_shot import few_shot_job
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import Model, config_sha256
from benchmarks.suites.suite import suite
from zoo.datasets.procedural.shapes import SHAPES
from zoo.hub.names import parse_name

METHODS = ('point-mae', 'recon')

GAIN = 'points of OA over the clean figure of the same runs'


@dataclass(frozen=True)
class Budget:
    """How much of the released code's work is done.

    Attributes:
        votes: of which the best is reported.
        vote_seeds: classifiers that this is measured on; it is by far the longest of the jobs.
        seeds: of which the best is reported; 0 takes those of the profile.
        few_shot_epochs: of every fold.
        few_shot_seeds: draws of episodes that are fine-tuned, each with all its folds.
    """

    votes: int = 5
    vote_seeds: int = 1
    seeds: int = 0
    few_shot_epochs: int = 30
    few_shot_seeds: int = 1


BUDGETS = {
    'smoke': Budget(votes=2, seeds=2, few_shot_epochs=1),
    'paper': Budget(votes=REPETITIONS, vote_seeds=5, seeds=8, few_shot_epochs=EPOCHS, few_shot_seeds=5),
}
"""By profile; all others take the default."""


class Habits:
    """Jobs of one source.

    Args:
        setup: what was asked for.
        source: what is measured on.
    """

    def __init__(self, setup: Setup, source: Source) -> None:
        self.setup, self.source = setup, source
        self.budget = BUDGETS.get(setup.profile.name, Budget())

    @property
    def seeds(self) -> range:
        """Seeds of which the best is reported; at least two, or there is nothing to choose."""
        return range(self.budget.seeds or max(2, len(self.setup.repetitions)))

    def best_epoch(self, model: Model, seed: int) -> Job:
        """The fine-tuning job, looked at after every epoch."""
        profile = self.setup.profile
        # The built-in shapes are balanced, and every class gives as many labels.
        labels = self.source.per_class * len(SHAPES) if self.source.per_class else profile.pool
        made = self.setup.finetune(model, self.source, seed, BestEpoch, labels=labels)
        return replace(made, label=made.label.replace('best-epoch', 'best epoch, finetune', 1))

    def best_of_seeds(self, model: Model) -> Job:
        """The choice among seeds; its own seed stands for all of them."""
        needs = {f'seed:{seed}': self.best_epoch(model, seed) for seed in self.seeds}
        made = self.setup.measure(BestOfSeeds(), model, self.source, 0)
        return replace(made, needs=needs, label=made.label.replace(', seed 0', f' {len(needs)}'))

    def vote(self, model: Model, seed: int, repetitions: int) -> Job:
        """Votes of the fine-tuned classifier."""
        augmentation = tuple(vote_transforms(self.source.variant))
        protocol = Votes(augmentation, repetitions=repetitions)
        made = self.setup.measure(protocol, model, self.source, seed)
        needs = {'classifier': self.setup.finetune(model, self.source, seed)}
        return replace(made, needs=needs, label=f'{repetitions} x {made.label}')

    def cls_trains(self, model: Model, seed: int, head: str) -> Job:
        """A head, with the class token; length and rate as the paper says, or those of fine-tuning without one."""
        made = self.setup.finetune(model, self.source, seed, ClsTrains, head=head)
        return replace(made, label=made.label.replace(head, f'{head}@paper', 1))

    def few_shot(self, model: Model, seed: int) -> tuple[Job, Job]:
        """The first setting of the profile by a linear SVM and by fine-tuning, on the same episodes."""
        clean = few_shot_job(self.setup, model, self.source, seed, *self.setup.profile.few_shot[0])
        sizes = {name: clean.settings[name] for name in ('ways', 'shots', 'queries', 'folds')}
        protocol = FewShotFinetune(**sizes, epochs=self.budget.few_shot_epochs)
        more = {'per_class': None, 'config_file': config_sha256(CONFIG)}
        tuned = self.setup.measure(protocol, model, self.source, seed, **more)
        return clean, replace(tuned, label=f'fine-tuned {clean.label}')


@suite('paper_protocols')
def paper_protocols(setup: Setup) -> list[Sheet]:
    """What the habits of released code add: best epoch on test, best of n seeds, voting, a class token that trains."""
    models = [model for model in setup.models() if parse_name(model.student).method in METHODS]
    if not models:
        return []
    made = sheet(setup, 'paper_protocols', 'Clean figures beside the habits of released code, OA %', models)
    gains = sheet(setup, 'paper_gains', f'What each habit adds, {GAIN}', models)
    gains.reference = ''
    (source,) = with_substitutes(setup, made, ['scanobjectnn-pb_t50_rs'], ends(setup)[-1:])[:1]
    gains.missing = dict(made.missing)
    habits = Habits(setup, source)
    for entry in (made, gains):
        entry.title += f' ({source.title})'
        entry.notes = [*_notes(habits), *(note for note in made.notes if note not in _notes(habits))]
    for model in rows_of(setup, models):
        _finetuned(made, gains, habits, model)
        for seed in setup.repetitions:
            _others(made, habits, model, seed)
    return [made, gains]


def _finetuned(made: Sheet, gains: Sheet, habits: Habits, model: Model) -> None:
    """Fine-tuning without and with every habit."""
    label, many = model.label, f'max of {habits.budget.votes} votes'
    one = f'vote of {COPIES}'
    chosen = f'and best of {len(habits.seeds)} seeds'
    for seed in habits.setup.repetitions:
        tuned, look = habits.setup.finetune(model, habits.source, seed), habits.best_epoch(model, seed)
        made.add(label, 'fine-tuned', seed, tuned)
        for place, metric in ((made, 'oa'), (gains, 'oa_gain')):
            place.add(label, 'best epoch on test', seed, look, metric)
            if seed == 0:
                place.add(label, chosen, seed, habits.best_of_seeds(model), metric)
            place.add(label, one, seed, habits.vote(model, seed, 1), metric)
            if seed < habits.budget.vote_seeds:
                place.add(label, many, seed, habits.vote(model, seed, habits.budget.votes), metric)


def _others(made: Sheet, habits: Habits, model: Model, seed: int) -> None:
    """Frozen and few-shot protocols beside their variants."""
    setup, (ways, shots) = habits.setup, habits.setup.profile.few_shot[0]
    clean = setup.measure(Probe('linear', setup.profile.head_epochs), model, habits.source, seed)
    made.add(model.label, 'MLP-Linear', seed, clean)
    made.add(model.label, 'MLP-Linear, class token trains', seed, habits.cls_trains(model, seed, 'linear'))
    svm, tuned = habits.few_shot(model, seed)
    made.add(model.label, f'{ways}-way {shots}-shot, SVM', seed, svm)
    if seed < habits.budget.few_shot_seeds:
        made.add(model.label, f'{ways}-way {shots}-shot, fine-tuned', seed, tuned)


def _notes(habits: Habits) -> list[str]:
    """What the columns are."""
    budget, profile = habits.budget, habits.setup.profile
    steps = [str(step['type']) for step in vote_transforms(habits.source.variant)]
    rate = 'the rate is ten times that chosen for fine-tuning, and its length'
    if habits.source.settings:
        rate = 'rate and length are those of the released code'
    votes = f'Votes: mean logits of {COPIES} copies ({", ".join(steps) or "other points only"}).'
    if budget.votes != REPETITIONS:
        votes += (
            f' The released code takes the best of {REPETITIONS} votes on the test split; here it is {budget.votes}'
        )
        votes += ', which adds less.'
    return [
        'Clean columns: fine-tuned, MLP-Linear, few-shot; last epoch, no voting, every seed counts. All others choose '
        'on the test split, vote, or train what is called frozen, as released code does. They are never to be compared '
        'with clean figures of another method.',
        f'Best of {len(habits.seeds)} seeds is one figure chosen from {len(habits.seeds)}: it has no interval'
        + ('.' if budget.vote_seeds > 1 else '; neither has the best vote, measured for the first seed alone.'),
        votes,
        'MLP-Linear, class token trains: no other weight takes a gradient, batch norm and stochastic depth are in '
        f'training mode, clouds are augmented; {rate}; last epoch.',
        f'Few-shot fine-tuned: {budget.few_shot_epochs} epochs a fold (released code: {EPOCHS}), {profile.folds} '
        'folds, the episodes of the SVM beside it'
        + ('' if budget.few_shot_seeds > 1 else ', those of the first seed alone')
        + '; last epoch.',
    ]
