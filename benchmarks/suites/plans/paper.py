"""What the habits of released code add to clean figures.

Source: arXiv 2302.02318 with its released code, see :mod:`benchmarks.protocols.paper`. Nothing of this stands in any
other table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from benchmarks.protocols.few_shot_finetune import EPOCHS, FewShotFinetune
from benchmarks.protocols.finetune import CONFIG
from benchmarks.protocols.paper.best_epoch import BestEpoch
from benchmarks.protocols.paper.best_of_seeds import BestOfSeeds
from benchmarks.protocols.paper.cls_trains import ClsTrains
from benchmarks.protocols.paper.votes import COPIES, REPETITIONS, Votes, vote_transforms
from benchmarks.protocols.probe import Probe
from benchmarks.suites.data import Source
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.frozen import few_shot_job
from benchmarks.suites.students import Model, config_sha256
from benchmarks.suites.table import TablePlan, available, hardest, suite, table
from zoo.datasets.procedural.shapes import SHAPES
from zoo.errors import UsageError
from zoo.hub.names import parse_name

METHODS = ('point-mae', 'recon')


@dataclass(frozen=True)
class Habits:
    """Jobs of one source.

    Attributes:
        planner: what was asked for.
        source: what is measured on.
    """

    planner: Planner
    source: Source

    @property
    def seeds(self) -> range:
        """Seeds of which the best is reported; at least two, or there is nothing to choose."""
        return range(self.planner.profile.best_of or max(2, len(self.planner.seeds)))

    def best_epoch(self, model: Model, seed: int) -> Job:
        """The fine-tuning job, looked at after every epoch."""
        # The built-in shapes are balanced, and every class gives as many labels.
        source, pool = self.source, self.planner.profile.pool
        labels = source.per_class * len(SHAPES) if source.per_class else pool
        made = self.planner.finetune(source, model, seed, BestEpoch, labels=labels)
        return replace(made, label=made.label.replace('best-epoch', 'best epoch, finetune', 1))

    def best_of_seeds(self, model: Model, seed: int = 0) -> Job:
        """The choice among seeds; its own seed stands for all of them."""
        needs = {f'seed:{other}': self.best_epoch(model, other) for other in self.seeds}
        made = self.planner.measure(BestOfSeeds(), self.source, model, seed)
        return replace(made, needs=needs, label=made.label.replace(f', seed {seed}', f' {len(needs)}'))

    def vote(self, repetitions: int, model: Model, seed: int) -> Job:
        """Votes of the fine-tuned classifier."""
        protocol = Votes(tuple(vote_transforms(self.source.variant)), repetitions=repetitions)
        made = self.planner.measure(protocol, self.source, model, seed)
        needs = {'classifier': self.planner.finetune(self.source, model, seed)}
        return replace(made, needs=needs, label=f'{repetitions} x {made.label}')

    def cls_trains(self, model: Model, seed: int) -> Job:
        """A linear head and the class token; length and rate as the paper says, or those of fine-tuning without one."""
        made = self.planner.finetune(self.source, model, seed, ClsTrains, head='linear')
        return replace(made, label=made.label.replace('linear', 'linear@paper', 1))

    def few_shot_tuned(self, model: Model, seed: int) -> Job:
        """The episodes of the first setting of the profile by fine-tuning."""
        profile = self.planner.profile
        clean = few_shot_job(self.planner, *profile.few_shot[0], self.source, model, seed)
        sizes = {name: clean.settings[name] for name in ('ways', 'shots', 'queries', 'folds')}
        protocol = FewShotFinetune(**sizes, epochs=profile.fold_epochs)
        more = {'per_class': None, 'config_file': config_sha256(CONFIG)}
        tuned = self.planner.measure(protocol, self.source, model, seed, **more)
        return replace(tuned, label=f'fine-tuned {clean.label}')


@suite('paper_protocols')
def paper_protocols(planner: Planner) -> list[TablePlan]:
    """What the habits of released code add: best epoch on test, best of n seeds, voting, a class token that trains."""
    models = [model for model in planner.models() if parse_name(model.student).method in METHODS]
    if not models:
        return []
    sources, missing = available(planner, ['scanobjectnn-pb_t50_rs'], hardest(planner))
    if not sources:
        raise UsageError('; '.join(f'{title} is not there: {get}' for title, get in missing.items()))
    source, profile, seeds = sources[0], planner.profile, planner.seeds
    habits = Habits(planner, source)
    steps = [str(step['type']) for step in vote_transforms(source.variant)]
    voting = f'Votes: mean logits of {COPIES} copies ({", ".join(steps) or "other points only"}).'
    if profile.votes != REPETITIONS:
        voting += f' The released code takes the best of {REPETITIONS} votes on the test split; here it is '
        voting += f'{profile.votes}, which adds less.'
    rate = 'the rate is ten times that chosen for fine-tuning, and its length'
    if source.settings:
        rate = 'rate and length are those of the released code'
    notes = [
        'Clean columns: fine-tuned, MLP-Linear, few-shot; last epoch, no voting, every seed counts. All others choose '
        'on the test split, vote, or train what is called frozen, as released code does. They are never to be compared '
        'with clean figures of another method.',
        f'Best of {len(habits.seeds)} seeds is one figure chosen from {len(habits.seeds)}: it has no interval'
        + ('.' if profile.vote_seeds > 1 else '; neither has the best vote, measured for the first seed alone.'),
        voting,
        'MLP-Linear, class token trains: no other weight takes a gradient, batch norm and stochastic depth are in '
        f'training mode, clouds are augmented; {rate}; last epoch.',
        f'Few-shot fine-tuned: {profile.fold_epochs} epochs a fold (released code: {EPOCHS}), {profile.folds} '
        'folds, the episodes of the SVM beside it'
        + ('' if profile.fold_seeds > 1 else ', those of the first seed alone')
        + '; last epoch.',
    ]
    title = f'Clean figures beside the habits of released code, OA % ({source.title})'
    made = table(planner, 'paper_protocols', title, models, notes, [source], missing)
    title = f'What each habit adds, points of OA over the clean figure of the same runs ({source.title})'
    gains = table(planner, 'paper_gains', title, models, notes, [source], missing, reference='')
    made.fill('fine-tuned', partial(planner.finetune, source))
    votes = partial(habits.vote, profile.votes)
    for place, metric in ((made, 'oa'), (gains, 'oa_gain')):
        place.fill('best epoch on test', habits.best_epoch, metric)
        place.fill(f'and best of {len(habits.seeds)} seeds', habits.best_of_seeds, metric, seeds=[0])
        place.fill(f'vote of {COPIES}', partial(habits.vote, 1), metric)
        place.fill(f'max of {profile.votes} votes', votes, metric, seeds=seeds[: profile.vote_seeds])
    made.fill('MLP-Linear', partial(planner.measure, Probe('linear', profile.head_epochs), source))
    made.fill('MLP-Linear, class token trains', habits.cls_trains)
    ways, shots = profile.few_shot[0]
    made.fill(f'{ways}-way {shots}-shot, SVM', partial(few_shot_job, planner, ways, shots, source))
    few = seeds[: profile.fold_seeds]
    made.fill(f'{ways}-way {shots}-shot, fine-tuned', habits.few_shot_tuned, seeds=few)
    return [made, gains]
