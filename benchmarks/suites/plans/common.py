"""What the plans share: data with its substitutes, empty tables, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.suites.data import SUBSTITUTE, Source
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.students import Model
from benchmarks.suites.table import TablePlan

SUPERVISED_BY = 'supervised in pretraining by'

RANDOM = 'From scratch: random weights; where they stay frozen, batch norm has the statistics of training clouds.'

FOREIGN = (
    '{0}: an encoder from elsewhere ({factory}); other seeds draw other labels. What it has seen is not known here.'
)

THESE = 'intervals and tests speak of these weights, and of other labels and seeds of the downstream step.'

LAST_EPOCH = 'Last epoch, no voting, nothing selected on the test split.'


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
    about = [
        *notes,
        *([RANDOM] if baseline else []),
        *(pretraining_notes(planner) if pretrained else []),
        *(FOREIGN.format(model.label, **model.encoder) for model in models if model.encoder is not None),
        *source_notes(sources),
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


def source_notes(sources: Sequence[Source]) -> list[str]:
    """What a reader must know of what is measured on."""
    titles = ('procedural: ProceduralShapes' if each.title.startswith(SUBSTITUTE) else each.title for each in sources)
    notes = (f'{title}, {source.note}.' for title, source in zip(titles, sources, strict=True) if source.note)
    return list(dict.fromkeys(notes))


def pretraining_notes(planner: Planner) -> list[str]:
    """What a reader must know of the pretraining and of the interval."""
    profile, seeds, runs = planner.profile, len(planner.seeds), len(planner.pretrain_seeds)
    if profile.released:
        made = 'Weights: those that are released, of one pretraining each; docs/models says how they were made.'
        return [f'{made} I{THESE[1:]}']
    batches = f' in batches of {profile.batch_size}' if profile.batch_size else ''
    what = f'Pretraining: {planner.corpus.title}, {_epochs(profile.epochs)}{batches}, the same for all; tokenizers '
    what += f'of Point-BERT and ACT {_epochs(profile.tokenizer_epochs)} before.'
    if seeds == 1:
        return [what]
    if runs == seeds:
        return [what, 'Every seed pretrains anew.']
    return [what, f'Pretraining {"one run" if runs == 1 else f"{runs} runs"} each: {THESE}']


def _epochs(number: int) -> str:
    """A number of epochs in words."""
    return f'{number} epoch' + 's' * (number != 1)


def on_the_way(planner: Planner, job: Job, epoch: int) -> Job:
    """A measurement of a student as it was after an epoch of its run; at the end of the run that of other suites.

    Args:
        planner: what was asked for; the run keeps the student at the doublings of its profile.
        job: measurement of what was pretrained.
        epoch: one of the doublings.
    """
    epochs = planner.profile.doublings
    run = job.needs['weights']
    kept = replace(run, settings={**run.settings, 'snapshots': epochs}, label=f'{run} with snapshots')
    early, said = ({}, '') if epoch == epochs[-1] else ({'epoch': epoch}, f', epoch {epoch}')
    return replace(job, settings={**job.settings, **early}, needs={'weights': kept}, label=f'{job}{said}')


def column(source: Source, protocol: str = '') -> str:
    """Name of a column."""
    name = source.name.replace('-', ' ', 1)
    return f'{name}, {protocol}' if protocol else name
