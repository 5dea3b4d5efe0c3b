from __future__ import annotations

import csv
import io
import math

import pytest

from benchmarks.published import DATASETS, METRICS, PROTOCOLS, protocol_name, published, sources
from benchmarks.published.results import COLUMNS, RESULTS, SOURCES, VOTING, read
from tests.shared import shared_file
from zoo.errors import UsageError


def raw(path=RESULTS):
    with path.open(encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


def test_every_row_keeps_to_the_schema():
    rows = raw()
    assert len(rows) >= 329
    assert list(rows[0]) == COLUMNS
    for row in rows:
        assert row['method'].strip()
        assert row['source'].strip()
        assert row['value'] == 'not found' or 0 <= float(row['value']) <= 100
        assert all(not row[name] or float(row[name]) > 0 for name in ('value_std', 'params_M', 'flops_G'))
        assert row['year'] in ('unknown', '-') or 2015 <= int(row['year']) <= 2030
        assert row['dataset'] in DATASETS
        assert protocol_name(row['protocol'])
        assert row['metric'] in METRICS
        assert row['voting'] in VOTING


def test_no_row_is_there_twice_with_another_figure():
    seen = {}
    for row in raw():
        key = tuple(row[name] for name in COLUMNS if name not in ('value', 'value_std', 'params_M', 'flops_G'))
        assert seen.setdefault(key, row['value']) == row['value'], key


def test_no_name_is_known_that_no_row_has():
    rows = raw()
    assert {row['dataset'] for row in rows} == set(DATASETS)
    assert {row['protocol'].partition(' (')[0] for row in rows} == set(PROTOCOLS)
    assert {row['metric'] for row in rows} == set(METRICS)


def test_the_words_of_every_source_are_explained():
    given = [f'{row.source} {row.protocol}' for row in read()]
    assert all(any(word in text for word in sources()) for text in given)
    assert all(any(word in text for text in given) for word in sources())
    assert all(meaning.strip() for meaning in sources().values())
    assert list(raw(SOURCES)[0]) == ['word', 'meaning']


def test_the_reader_says_what_the_file_says():
    for row, line in zip(read(), raw(), strict=True):
        assert (row.method, row.dataset, row.protocol, row.source) == tuple(
            line[name] for name in ('method', 'dataset', 'protocol', 'source')
        )
        assert (row.value is None) == (line['value'] == 'not found')
        assert row.value is None or row.value == float(line['value'])
        assert (row.std is None) == (line['value_std'] == '')


def test_figures_that_readers_know():
    found = published(method='ReCon', dataset='ScanObjectNN PB_T50_RS', protocol='full', voting='yes')
    assert [row.value for row in found] == [91.26]
    starred = published(method='recon', protocol='zero_shot', dataset='modelnet40*', found=True)
    assert {(row.place.split, row.value) for row in starred} >= {('test', 61.7), ('train+test', 66.8)}
    few = published(method='ReCon', dataset='*5w10s')
    assert [(row.value, row.std) for row in few if 'README' in row.source] == [(97.3, 1.9)]


@pytest.mark.parametrize(
    ('filters', 'passes'),
    [
        ({}, lambda row: True),
        ({'method': 'point-*'}, lambda row: row.method.lower().startswith('point-')),
        ({'method': ['ReCon', 'ACT']}, lambda row: row.method in ('ReCon', 'ACT')),
        ({'protocol': 'finetune'}, lambda row: protocol_name(row.protocol) == 'finetune'),
        ({'dataset': 'ScanObjectNN'}, lambda row: row.place.name == 'ScanObjectNN'),
        ({'metric': 'oa', 'year': [2022, 2023]}, lambda row: METRICS[row.metric] == 'oa' and row.year in (2022, 2023)),
        ({'venue': 'nowhere'}, lambda row: False),
    ],
)
def test_filters(filters, passes):
    assert published(found=False, **filters) == [row for row in read() if passes(row)]


def test_rows_without_a_figure_are_left_out_unless_asked_for():
    assert all(row.value is not None for row in published())
    assert len(published(found=False)) - len(published()) == sum(row['value'] == 'not found' for row in raw())


def test_an_unknown_filter_is_named():
    with pytest.raises(UsageError, match="no filter 'colour'"):
        published(colour='red')


def line(**changes):
    return {**raw()[0], **changes}


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'source': ' '}, 'line 2: no source'),
        ({'value': 'high'}, 'line 2'),
        ({'value': ''}, 'line 2: no value'),
        ({'value': '-3'}, 'no percentage'),
        ({'value': 'nan'}, 'no number'),
        ({'value_std': 'inf'}, 'no number'),
        ({'year': 'then'}, 'line 2'),
        ({'dataset': 'ModelNet41'}, "dataset 'ModelNet41' is not known"),
        ({'protocol': 'luck'}, "protocol 'luck'"),
        ({'metric': 'beauty'}, "metric 'beauty'"),
        ({'voting': 'maybe'}, "voting 'maybe'"),
    ],
)
def test_a_broken_row_is_named(tmp_path, changes, message):
    path = tmp_path / 'results.csv'
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS)
    writer.writeheader()
    writer.writerow(line(**changes))
    path.write_text(buffer.getvalue(), encoding='utf-8')
    with pytest.raises(UsageError, match=message):
        read(path)


@pytest.mark.parametrize('text', ['', 'a,b\n1,2\n', ','.join(COLUMNS) + '\na,b\n', ','.join(COLUMNS) + ',x\n'])
def test_a_broken_table_is_named(tmp_path, text):
    path = tmp_path / 'results.csv'
    path.write_text(text)
    with pytest.raises(UsageError, match=r'results\.csv cannot be read'):
        read(path)


def test_nothing_was_lost_from_the_facts():
    facts = raw(shared_file('facts', 'published_results.csv'))
    ours = {tuple(row.values()) for row in raw()}
    assert not [row for row in facts if tuple(row.values()) not in ours]


def test_deviations_are_finite():
    assert all(math.isfinite(row.std) for row in read() if row.std is not None)
