"""Model cards, made from the index alone."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.release.terms import TERMS
from zoo.hub.index import Entry

FIGURE_NOTE = (
    'Figures are accuracies in percent, mean ± 95 % interval over the seeds, of which the protocol says how many '
    'pretrainings they share. The file is the pretraining of seed {seed}, the lowest, so that no figure has chosen it.'
)


KINDS = {
    'pretrain': 'pretrained without labels of a task; to be fine-tuned or used for features',
    'classify': 'a fine-tuned classifier',
    'linear': 'a linear classifier on a frozen student',
    'zero_shot': 'a student that is told classes by their names',
    'svm': 'a student whose features an SVM is fitted on',
}
"""What a model is, by its task."""

MADE = '<!-- Made from the index by python -m benchmarks.release --cards; do not edit. -->'


def card(entry: Entry) -> str:
    """Card of a model in Markdown."""
    paper = entry.collection
    about = next((f': {terms.about}' for terms in TERMS if terms.title == entry.data), '')
    facts = {
        'Training data': entry.data + about + (f'; {entry.objects} objects' if entry.objects else ''),
        'Fingerprint of the data': f'`{entry.fingerprint}`' if entry.fingerprint else '',
        'Share of the data': f'{entry.fraction:.0%}' if entry.fraction < 1 else '',
        'Supervised by': ', '.join(entry.teachers),
        'Length': f'{entry.epochs} epochs, seed {entry.seed}' if entry.epochs else '',
        'Config': f'[{entry.config}](../../{entry.config})',
        'Weights': ', '.join(f'`{source}`' for source in entry.sources),
        'File': f'{entry.bytes:,} bytes, SHA-256 `{entry.sha256}`'
        if entry.bytes
        else 'the publisher states no hash; the first download is recorded and later ones have to match',
        'Classes': ', '.join(entry.classes),
        'Rounded to': f'float16, from the float32 weights `{entry.rounded_from}`, which the figures were measured with'
        if entry.rounded_from
        else '',
        'Terms': entry.licence,
        'Made on': entry.date,
    }
    lines = [
        f'# {entry.name}',
        '',
        MADE,
        '',
        f'{paper.name} ([{paper.title}]({paper.url})), {KINDS[entry.task]}.',
        '',
        f'Trained by the authors, see {entry.page}.' if entry.official else 'Trained by this project.',
        '',
        '| | |',
        '|---|---|',
        *(f'| {name} | {value} |' for name, value in facts.items() if value),
        '',
        '## Results',
        '',
        *_results(entry),
        '',
        '## Use',
        '',
        '```python',
        'import zoo',
        '',
        f"model = zoo.get_model('{entry.name}', pretrained=True)",
        f"found = zoo.Inferencer('{entry.name}')('cloud.ply')",
        '```',
    ]
    if entry.reproduce:
        lines += ['', '## Reproduce', '', '```', entry.reproduce, '```']
    return '\n'.join(lines) + '\n'


def _results(entry: Entry) -> list[str]:
    """Table of the results with their evidence."""
    if not entry.results:
        return ['None.']
    lines = ['| task | data | protocol | figures | seeds | evidence |', '|---|---|---|---|---|---|']
    for result in entry.results:
        widths = {name: f' ± {width:g}' for name, width in result.interval.items()}
        figures = ', '.join(f'{name} {value:g}{widths.get(name, "")}' for name, value in result.metrics.items())
        seeds = str(len(result.seeds)) if result.seeds else 'not stated'
        evidence = f'published: {result.source}'
        if result.by == 'measured':
            file = result.records[0].partition('#')[0]
            keys = (place.partition('#')[2][:8] for place in result.records)
            runs = ', '.join(f'{seed} `{key}`' for seed, key in zip(result.seeds, keys, strict=True))
            evidence = f'measured {result.date}: [results](../../{file}) of seeds {runs}'
        lines.append(f'| {result.task} | {result.dataset} | {result.protocol} | {figures} | {seeds} | {evidence} |')
    if any(result.by == 'measured' for result in entry.results):
        lines += ['', FIGURE_NOTE.format(seed=entry.seed)]
    return lines


def list_of(entries: Iterable[Entry]) -> str:
    """The page that leads to the cards."""
    lines = [
        '# Models with weights',
        '',
        MADE,
        '',
        'Files of this project hold what using a model needs. Objectives that only pretraining runs (a moving average, '
        'pictures, tokens) are left out and start fresh where a pretraining goes on from them.',
        '',
        '| model | task | trained on | by | terms |',
        '|---|---|---|---|---|',
    ]
    for entry in entries:
        name = f'[{entry.name}]({entry.name}.md)'
        who = 'authors' if entry.official else 'this project'
        lines.append(f'| {name} | {entry.task} | {entry.data} | {who} | {entry.licence} |')
    return '\n'.join(lines) + '\n'
