"""Suites, what their tables will show, and the data and the notes that tables share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, Field, InstanceOf

from benchmarks.records import Plan, PlannedFigure
from benchmarks.suites.data import SUBSTITUTE, Source
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.students import Model

GROUPS = ('suite', 'table', 'study')

SUPERVISED_BY = 'supervised in pretraining by'

RANDOM = 'From scratch: random weights; where they stay frozen, batch norm has the statistics of training clouds.'

FOREIGN = (
    '{0}: an encoder from elsewhere ({factory}); other seeds draw other labels. What it has seen is not known here.'
)

THESE = 'intervals and tests speak of these weights, and of other labels and seeds of the downstream step.'

LAST_EPOCH = 'Last epoch, no voting, nothing selected on the test split.'


class TablePlan(Plan):
    """The plan of a table while it is being made, with the jobs themselves.

    Attributes:
        models: what is measured, by default one row each.
        seeds: seeds of the repetitions.
        jobs: jobs behind the figures, by key.
    """

    model_config = ConfigDict(frozen=False)

    profile: str = ''
    suite: str = ''
    rows: list[str] = []
    columns: list[str] = []
    figures: list[PlannedFigure] = []
    models: list[InstanceOf[Model]] = Field([], exclude=True)
    seeds: list[int] = Field([], exclude=True)
    jobs: dict[str, InstanceOf[Job]] = Field({}, exclude=True)

    def fill(
        self,
        column: str,
        job: Callable[[Model, int], Job],
        metric: str = 'oa',
        models: Sequence[Model] | None = None,
        seeds: Sequence[int] | None = None,
    ) -> None:
        """Add a figure of every model and seed.

        Args:
            column: label of the column.
            job: job that measures a model with a seed.
            metric: name of the figure in the record.
            models: other models than those of the table.
            seeds: other seeds than those of the table.
        """
        for model in self.models if models is None else models:
            for seed in self.seeds if seeds is None else seeds:
                self.add(model.label, column, seed, job(model, seed), metric)

    def add(self, row: str, column: str, seed: int, job: Job, metric: str = 'oa') -> None:
        """Add a figure; its row and column are added where they are new."""
        for label, labels in ((row, self.rows), (column, self.columns)):
            if label not in labels:
                labels.append(label)
        self.jobs[job.key] = job
        made = PlannedFigure(row=row, column=column, seed=seed, metric=metric, key=job.key, job=str(job))
        self.figures.append(made)

    def stored(self) -> Plan:
        """The plan with keys in the place of jobs, from which the table can be made without planning again."""
        return Plan(**self.model_dump())


MakeTables = Callable[[Planner], list[TablePlan]]


@dataclass(frozen=True)
class Suite:
    """Something that can be asked for by name.

    Attributes:
        name: name on the command line.
        group: ``suite``, ``table`` or ``study``.
        about: what it shows, in one line.
        plan: function that plans its tables and the jobs behind them.
        encoders: whether it has rows for encoders from elsewhere.
    """

    name: str
    group: str
    about: str
    plan: MakeTables
    encoders: bool = False


SUITES: dict[str, Suite] = {}
"""Everything that was registered, in order; :func:`benchmarks.suites.catalog.all_suites` has everything there is."""


def suite(
    name: str, group: str = 'suite', encoders: bool = False, about: str = ''
) -> Callable[[MakeTables], MakeTables]:
    """Register a function that plans a suite; ``about`` or the first line of its docstring says what it shows.

    Raises:
        ValueError: the name is taken or the group is unknown.
    """
    if group not in GROUPS:
        raise ValueError(f'{name}: a suite belongs to one of {", ".join(GROUPS)}, not to {group!r}')

    def add(plan: MakeTables) -> MakeTables:
        if name in SUITES:
            raise ValueError(f'there is a suite named {name!r} already')
        line = (about or plan.__doc__ or '').strip().split('\n')[0].rstrip('.')
        SUITES[name] = Suite(name, group, line, plan, encoders)
        return plan

    return add


def available(
    planner: Planner, official: Sequence[str], substitutes: Sequence[str]
) -> tuple[list[Source], dict[str, str]]:
    """Data sets that are there, substitutes where no official one is; and how to get those that are not, by title."""
    wanted = [planner.source(name) for name in official]
    if all(source.get for source in wanted):
        wanted += [planner.source(name) for name in dict.fromkeys(substitutes)]
    missing = {source.title: source.get for source in wanted if source.get}
    return [source for source in wanted if not source.get], missing


def stand_ins(planner: Planner) -> list[str]:
    """What stands in for official data: the profile's own sources, or built-in shapes, clean and scanned."""
    if planner.profile.sources:
        return list(planner.profile.sources)
    return [f'procedural-{name}' for name in dict.fromkeys((planner.profile.variants[0], planner.profile.scan))]


def hardest(planner: Planner) -> list[str]:
    """The stand-ins for scans: the profile's own sources, or scanned built-in shapes."""
    return stand_ins(planner) if planner.profile.sources else stand_ins(planner)[-1:]


def column(source: Source, protocol: str = '') -> str:
    """Name of a column."""
    name = source.name.replace('-', ' ', 1)
    return f'{name}, {protocol}' if protocol else name


def table(
    planner: Planner,
    name: str,
    title: str,
    models: Sequence[Model],
    notes: Sequence[str] = (),
    sources: Sequence[Source] = (),
    missing: Mapping[str, str] | None = None,
    baseline: bool = True,
    **fields: Any,
) -> TablePlan:
    """An empty table with a row for every model; random weights stand above them, and rows are compared with them.

    Only what needs no pretraining is measured where the pretraining data is absent.

    Args:
        planner: what was asked for.
        name: name of the files.
        title: title of the table.
        models: rows.
        notes: sentences under the table, before those that every table has.
        sources: what is measured on.
        missing: how to get data that is absent, by title.
        baseline: whether random weights have a row.
        fields: further fields of the table.
    """
    first = [planner.baseline] if baseline else []
    corpus, pretrained = planner.corpus, not models or any(model.pretrained for model in models)
    absent = {f'pretraining on {corpus.title}': corpus.get} if corpus.get and pretrained else {}
    titles = ('procedural: ProceduralShapes' if each.title.startswith(SUBSTITUTE) else each.title for each in sources)
    said = (f'{place}, {source.note}.' for place, source in zip(titles, sources, strict=True) if source.note)
    about = [
        *notes,
        *([RANDOM] if baseline else []),
        *(pretraining_notes(planner) if pretrained else []),
        *(FOREIGN.format(model.label, **model.encoder) for model in models if model.encoder is not None),
        *dict.fromkeys(said),
    ]
    return TablePlan(
        **{
            'name': name,
            'title': title,
            'rows': [model.label for model in (*first, *models)],
            'about': {SUPERVISED_BY: {model.label: planner.supervised_by(model) for model in models}},
            'missing': {**absent, **(missing or {})},
            'notes': about,
            'reference': first[0].label if first else '',
            'models': [*first, *(model for model in models if not (model.pretrained and corpus.get))],
            'seeds': planner.seeds,
            **fields,
        }
    )


def pretraining_notes(planner: Planner) -> list[str]:
    """What a reader must know of the pretraining and of the interval."""
    profile, seeds, runs = planner.profile, len(planner.seeds), len(planner.pretrain_seeds)
    if profile.released:
        made = 'Weights: those that are released, of one pretraining each; docs/models says how they were made.'
        return [f'{made} I{THESE[1:]}']
    first, before = (f'{each} epoch' + 's' * (each != 1) for each in (profile.epochs, profile.tokenizer_epochs))
    batches = f' in batches of {profile.batch_size}' if profile.batch_size else ''
    what = f'Pretraining: {planner.corpus.title}, {first}{batches}, the same for all; tokenizers of Point-BERT and ACT '
    what += f'{before} before.'
    if seeds == 1:
        return [what]
    if runs == seeds:
        return [what, 'Every seed pretrains anew.']
    return [what, f'Pretraining {"one run" if runs == 1 else f"{runs} runs"} each: {THESE}']
