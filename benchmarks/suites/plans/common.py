"""What the plans share: rows, data with its substitutes, notes."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.suites.data import SUBSTITUTE, Source
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.students import Model

SUPERVISED_BY = 'supervised in pretraining by'

RANDOM = 'From scratch: random weights; where they stay frozen, batch norm has the statistics of training clouds.'

FOREIGN = (
    '{0}: an encoder from elsewhere ({factory}); other seeds draw other labels. What it has seen is not known here.'
)

THESE = 'intervals and tests speak of these weights, and of other labels and seeds of the downstream step.'

LAST_EPOCH = 'Last epoch, no voting, nothing selected on the test split.'


def sheet(
    setup: Setup, name: str, title: str, models: Sequence[Model], notes: Sequence[str] = (), baseline: bool = True
) -> Sheet:
    """An empty sheet with a row for every model; random weights stand above them, and rows are compared with them.

    Args:
        setup: what was asked for.
        name: of the files.
        title: of the table.
        models: rows.
        notes: sentences under the table, before those that every table has.
        baseline: False leaves random weights out.
    """
    first = setup.baseline.label if baseline else ''
    rows = [*([first] if first else []), *(model.label for model in models)]
    about = {SUPERVISED_BY: {model.label: setup.supervised_by(model) for model in models}}
    made = Sheet(name, title, rows=rows, about=about, reference=first)
    pretrained = not models or any(model.pretrained for model in models)
    if setup.corpus.get and pretrained:
        made.missing[f'pretraining on {setup.corpus.title}'] = setup.corpus.get
    made.notes = [*notes, *([RANDOM] if baseline else []), *(_notes(setup) if pretrained else [])]
    made.notes += [FOREIGN.format(model.label, **model.encoder) for model in models if model.encoder is not None]
    return made


def rows_of(setup: Setup, models: Sequence[Model]) -> list[Model]:
    """Models that can be measured: random weights first; they are alone where the pretraining data is absent."""
    return [setup.baseline, *(model for model in models if not (model.pretrained and setup.corpus.get))]


def _notes(setup: Setup) -> list[str]:
    """What a reader must know of the pretraining and of the interval."""
    profile = setup.profile
    pretrainings = len(setup.repetitions) if setup.seeds else min(profile.pretrain_seeds, len(setup.repetitions))
    if profile.released:
        made = 'Weights: those that are released, of one pretraining each; docs/models says how they were made.'
        return [f'{made} I{THESE[1:]}']
    batches = f' in batches of {profile.batch_size}' if profile.batch_size else ''
    what = f'Pretraining: {setup.corpus.title}, {_epochs(profile.epochs)}{batches}, the same for all; tokenizers '
    what += f'of Point-BERT and ACT {_epochs(profile.tokenizer_epochs)} before.'
    if len(setup.repetitions) == 1:
        return [what]
    if pretrainings == len(setup.repetitions):
        return [what, 'Every seed pretrains anew.']
    runs = 'one run each' if pretrainings == 1 else f'{pretrainings} runs each'
    return [what, f'Pretraining {runs}: {THESE}']


def _epochs(number: int) -> str:
    """A number of epochs in words."""
    return f'{number} epoch' + 's' * (number != 1)


def with_substitutes(setup: Setup, made: Sheet, official: Sequence[str], substitutes: Sequence[str]) -> list[Source]:
    """Data sets that are there; the substitutes where no official one is. What is absent is noted in the sheet.

    Args:
        setup: what was asked for.
        made: the sheet.
        official: names of the official sets.
        substitutes: names of what takes their place.
    """
    wanted = [setup.source(name) for name in official]
    found = [source for source in wanted if source.present]
    if not found:
        others = [setup.source(name) for name in dict.fromkeys(substitutes)]
        found = [source for source in others if source.present]
        wanted += others
    made.missing |= {source.title: source.get for source in wanted if not source.present}
    return noted(made, found)


def noted(made: Sheet, sources: list[Source]) -> list[Source]:
    """Add what a reader must know of the data."""
    for source in sources:
        title = 'procedural: ProceduralShapes' if source.title.startswith(SUBSTITUTE) else source.title
        note = f'{title}, {source.note}.' if source.note else ''
        if note and note not in made.notes:
            made.notes.append(note)
    return sources


def ends(setup: Setup) -> list[str]:
    """What stands in for official data: the profile's own sources, or built-in shapes, clean and scanned."""
    if setup.profile.sources:
        return list(setup.profile.sources)
    variants = setup.profile.variants
    return [f'procedural-{name}' for name in dict.fromkeys((variants[0], setup.profile.scan))]


def column(source: Source, protocol: str = '') -> str:
    """Name of a column."""
    name = source.name.replace('-', ' ', 1)
    return f'{name}, {protocol}' if protocol else name
