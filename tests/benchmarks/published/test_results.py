from __future__ import annotations

import csv
import io

import pytest

from benchmarks.published import DATASETS, METRICS, PROTOCOLS, published
from benchmarks.published.results import COLUMNS, RESULTS
from tests.shared import shared_file
from zoo.errors import UsageError


def raw(path=RESULTS):
    with path.open(encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


def test_the_reader_says_what_the_file_says():
    rows = raw()
    assert len(rows) >= 329
    for row, line in zip(published(), rows, strict=True):
        assert all(getattr(row, name) == line[name] for name in ('method', 'venue', 'dataset', 'voting', 'source'))
        assert (PROTOCOLS[line['protocol'].partition(' (')[0]], METRICS[line['metric']]) == (row.protocol, row.metric)
        assert line['protocol'].endswith(f' ({row.remark})' if row.remark else '')
        assert (row.value is None) == (line['value'] == 'not found')
        assert row.value is None or row.value == float(line['value'])
        assert row.std == (float(line['value_std']) if line['value_std'] else None)
        assert row.year is None or 2015 <= row.year <= 2030
        assert all(not line[name] or float(line[name]) > 0 for name in ('value_std', 'params_M', 'flops_G'))


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
    sources = {row['word']: row['meaning'] for row in raw(RESULTS.with_name('sources.csv'))}
    given = [f'{row["source"]} {row["protocol"]}' for row in raw()]
    assert all(any(word in text for word in sources) for text in given)
    assert all(any(word in text for text in given) for word in sources)
    assert all(meaning.strip() for meaning in sources.values())


def test_figures_that_readers_know():
    own = [row for row in published() if row.method == 'ReCon']
    hardest = [row for row in own if (row.dataset, row.protocol) == ('ScanObjectNN PB_T50_RS', 'finetune')]
    assert [row.value for row in hardest if row.voting == 'yes' and not row.remark] == [91.26]
    starred = {(row.place.split, row.value) for row in own if row.protocol == 'zero_shot'}
    assert starred >= {('test', 61.7), ('train+test', 66.8)}
    few = [row for row in own if row.place.variant == '5w10s' and 'README' in row.source]
    assert [(row.value, row.std) for row in few] == [(97.3, 1.9)]


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'source': ' '}, 'line 2: no source'),
        ({'value': 'high'}, 'line 2'),
        ({'value': ''}, 'line 2: no value'),
        ({'value': '-3'}, 'no percentage'),
        ({'value': 'nan'}, 'no percentage'),
        ({'value_std': 'inf'}, 'no number'),
        ({'year': 'then'}, 'line 2'),
        ({'dataset': 'ModelNet41'}, "dataset 'ModelNet41' is not known"),
        ({'protocol': 'luck'}, "protocol 'luck'"),
        ({'metric': 'beauty'}, "metric 'beauty'"),
        ({'voting': 'maybe'}, "voting 'maybe'"),
        ('', 'columns None'),
        ('a,b\n1,2\n', 'expected'),
        (','.join(COLUMNS) + '\na,b\n', 'line 2: too many or too few cells'),
        (','.join(COLUMNS) + ',x\n', 'expected'),
    ],
)
def test_a_broken_table_is_named_with_its_line(tmp_path, changes, message):
    path, buffer = tmp_path / 'results.csv', io.StringIO()
    if isinstance(changes, dict):
        writer = csv.DictWriter(buffer, COLUMNS)
        writer.writeheader()
        writer.writerow({**raw()[0], **changes})
    path.write_text(changes if isinstance(changes, str) else buffer.getvalue(), encoding='utf-8')
    with pytest.raises(UsageError, match=rf'results\.csv cannot be read: .*{message}'):
        published(path)


def test_nothing_was_lost_from_the_facts():
    facts = raw(shared_file('facts', 'published_results.csv'))
    ours = {tuple(row.values()) for row in raw()}
    assert not [row for row in facts if tuple(row.values()) not in ours]
