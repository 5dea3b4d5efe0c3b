"""Entries from the mappings of the index."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from zoo.errors import UsageError
from zoo.hub.index.entry import TASKS, Collection, Entry, Official, Result
from zoo.hub.index.fields import Fields, is_path
from zoo.hub.names import parse_name

COLLECTION = ('Name', 'Paper', 'Code', 'README', 'Metadata')
MODEL = ('Name', 'In Collection', 'Config', 'Weights', 'Metadata', 'Results', 'Paper', 'Code')
METADATA = (
    *('Task', 'Training Data', 'Fingerprint', 'Objects', 'Fraction', 'Epochs', 'Seed', 'Teachers', 'Options'),
    *('Classes', 'Points', 'SHA256', 'Bytes', 'Rounded From', 'Format', 'Mirrors', 'Licence', 'Official', 'Page'),
    *('Features', 'Reproduce', 'Date'),
)
RESULT = ('Task', 'Dataset', 'Metrics', 'Protocol', 'Interval', 'Seeds', 'By', 'Records', 'Source', 'Date')
OFFICIAL = ('Method', 'Groups', 'Group Size', 'Ratio', 'Heads')
DAY = r'\d{4}-\d{2}-\d{2}'
ADDRESSES = (r'https?://\S+', r'file:///\S+', r'hf://[\w.-]+/[\w.-]+/\S+', r'gdrive://[\w-]{10,}')
"""Where weights may be, apart from ``weights/NAME.safetensors`` of the project."""

ADDRESS = '|'.join(ADDRESSES)
EXPECTED = 'weights/NAME.safetensors, https://, file:///, hf://OWNER/REPOSITORY/FILE or gdrive://ID'


def collection_of(data: Any, where: str) -> Collection:
    """A collection.

    Raises:
        UsageError: names the key that is wrong.
    """
    fields = Fields(data, where, COLLECTION)
    name = fields.text('Name')
    paper = Fields(fields.get('Paper'), f'{where} {name}: Paper', ('Title', 'URL'))
    code = ''
    if 'Code' in fields:
        code = Fields(fields.get('Code'), f'{where} {name}: Code', ('URL', 'Version')).text(
            'URL', pattern=r'https://\S+'
        )
    return Collection(name, paper.text('Title'), paper.text('URL', pattern=r'https?://\S+'), code)


def entry_of(data: Any, where: str, collections: Mapping[str, Collection]) -> Entry:
    """A model.

    Args:
        data: one item of ``Models``.
        where: file and place, for messages.
        collections: all of them, by name.

    Raises:
        UsageError: names the key that is wrong.
    """
    fields = Fields(data, where, MODEL)
    name = fields.text('Name')
    where = fields.where = f'{where} {name[:60]}'
    try:
        parse_name(name)
    except UsageError as error:
        raise UsageError(f'{where}: Name: {error}') from error
    collection = collections.get(fields.text('In Collection'))
    if collection is None:
        fields.fail('In Collection', f'one of {", ".join(sorted(collections)) or "no collections"}')
    about = Fields(fields.get('Metadata'), f'{where}: Metadata', METADATA)
    official = _official(about)
    results = [_result(item, f'{where}: Results[{number}]') for number, item in enumerate(fields.children('Results'))]
    sources = _sources(fields, about)
    return Entry(
        name=name,
        collection=collection,
        config=fields.path('Config', 'configs', '.py'),
        task=about.choice('Task', TASKS),
        data=about.text('Training Data'),
        sources=sources,
        official=official,
        **_file(about, bool(sources), official is not None),
        **_training(about),
        page=about.text('Page', '', r'https://\S+', 'an https address'),
        features=about.path('Features', 'weights', '.safetensors', ''),
        reproduce=about.text('Reproduce', ''),
        results=tuple(results),
    )


def _sources(fields: Fields, about: Fields) -> tuple[str, ...]:
    """Where the weights are, the best place first."""
    if 'Weights' not in fields:
        return ()
    first = fields.text('Weights')
    if not (is_path(first, 'weights', '.safetensors') or fields.text('Weights', '', ADDRESS, EXPECTED)):
        fields.fail('Weights', EXPECTED)
    mirrors = about.many('Mirrors', str)
    for mirror in mirrors:
        Fields({'Mirrors': mirror}, about.where, ('Mirrors',)).text('Mirrors', None, ADDRESS, EXPECTED)
    return (first, *mirrors)


def _file(about: Fields, published: bool, foreign: bool) -> dict[str, Any]:
    """What is known of the weight file; of a file of ours everything has to be."""
    ours = published and not foreign
    digest, day = '[0-9a-f]{64}', 'a day such as 2026-01-31'
    return {
        'sha256': about.text('SHA256', None if ours else '', digest, '64 hexadecimal digits'),
        'bytes': about.whole('Bytes', None if ours else 0),
        'rounded_from': about.text('Rounded From', '', f'(file:)?{digest}', '64 hexadecimal digits'),
        'format': about.choice('Format', ('safetensors', 'pth'), 'pth' if foreign else 'safetensors'),
        'licence': about.text('Licence', None if published else ''),
        'date': about.text('Date', None if ours else '', DAY, day),
    }


def _training(about: Fields) -> dict[str, Any]:
    """How it was trained."""
    return {
        'options': about.mapping('Options'),
        'classes': about.many('Classes', str),
        'num_points': about.whole('Points', 0),
        'fingerprint': about.text('Fingerprint', '', '[0-9a-f]{16,64}', 'hexadecimal digits'),
        'objects': about.whole('Objects', 0),
        'fraction': about.number('Fraction', 1.0, 0.0, 1.0),
        'epochs': about.whole('Epochs', 0),
        'seed': about.whole('Seed', 0, 0),
        'teachers': about.many('Teachers', str),
    }


def _official(about: Fields) -> Official | None:
    """How a checkpoint of the authors is read."""
    if 'Official' not in about:
        return None
    fields = Fields(about.get('Official'), f'{about.where}: Official', OFFICIAL)
    method = fields.choice('Method', ('recon', 'point_mae'))
    ratio = fields.number('Ratio', 0.25, 0.0, 10.0)
    return Official(method, fields.whole('Groups'), fields.whole('Group Size'), ratio, fields.whole('Heads', 0))


def _result(data: Any, where: str) -> Result:
    """A figure with its evidence."""
    fields = Fields(data, where, RESULT)
    by = fields.choice('By', ('measured', 'published'))
    metrics, interval = fields.figures('Metrics'), fields.figures('Interval')
    if not metrics:
        fields.fail('Metrics', 'at least one number by name')
    if not set(interval) <= set(metrics) or any(width < 0 for width in interval.values()):
        fields.fail('Interval', 'half widths of the metrics, not negative')
    records, seeds = fields.many('Records', str), fields.many('Seeds', int)
    places = [record.partition('#') for record in records]
    if not all(
        is_path(path, 'docs/results', '.jsonl.gz') and re.fullmatch(r'[\w-]{1,64}', key) for path, _, key in places
    ):
        fields.fail('Records', 'results docs/results/...jsonl.gz#KEY')
    if by == 'measured' and not (records and len(records) == len(seeds)):
        fields.fail('Records', 'one record for every seed of a measured result')
    return Result(
        task=fields.text('Task'),
        dataset=fields.text('Dataset'),
        protocol=fields.text('Protocol'),
        metrics=metrics,
        interval=interval,
        seeds=seeds,
        by=by,
        records=records,
        source=fields.text('Source', None if by == 'published' else ''),
        date=fields.text('Date', None if by == 'measured' else '', DAY, 'a day such as 2026-01-31'),
    )
