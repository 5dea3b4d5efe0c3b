from __future__ import annotations

import pandas as pd

from benchmarks.published import published
from benchmarks.records import Record, Result
from benchmarks.records.frame import frame_of
from benchmarks.run.quotes import published_rows
from benchmarks.suites.data import OFFICIAL, official


def measured(columns):
    """One record of every column, as tables have them."""
    rows = []
    for column, (name, variant, protocol, points, metric) in columns.items():
        dataset = {'name': name, 'variant': variant, 'split': 'test'}
        record = Record(
            model='m',
            weights='scratch',
            dataset=dataset,
            protocol={'name': protocol, 'points': points},
            seed=0,
            metrics={metric: 50.0},
        )
        rows.append(frame_of([Result(key=record.key, record=record)]).assign(column=column, metric=metric))
    return pd.concat(rows)


def test_published_rows_stand_under_the_column_of_their_protocol_and_data():
    columns = {
        'hardest': ('ScanObjectNN', 'pb_t50_rs', 'finetune', 2048, 'oa'),
        '1k': ('ModelNet40', '', 'finetune', 1024, 'oa'),
    }
    rows = published_rows(measured(columns), ['hardest', '1k'], 2)
    assert all(len(row) == 1 + 2 + 2 for row in rows)
    assert all(row[1] for row in rows), 'every row names its source'
    shown = [row for row in rows if row[0].startswith('ReCon')]
    assert any('90.63' in str(getattr(row[3], 'value', row[3])) for row in shown)
    tuned = [entry for entry in published() if (entry.metric, entry.protocol) == ('oa', 'finetune')]
    values = {entry.value for entry in tuned if entry.dataset == 'ScanObjectNN OBJ_BG'} - {
        entry.value for entry in published() if entry.dataset != 'ScanObjectNN OBJ_BG'
    }
    assert values
    assert not values & {getattr(cell, 'value', None) for row in rows for cell in row[3:]}


def test_a_column_quotes_figures_of_its_own_metric():
    columns = {metric: ('ShapeNetPart', '', 'part_seg', 2048, metric) for metric in ('instance_miou', 'class_miou')}
    rows = published_rows(measured(columns), list(columns), 2)
    shown = [row for row in rows if row[0].startswith('ReCon')]
    assert any('86.4' in str(getattr(row[3], 'value', row[3])) for row in shown)
    assert all(row[4] is None for row in shown), 'its class mIoU was not found'


def test_substitutes_have_no_published_figures():
    assert not published_rows(measured({'c': ('ProceduralShapes', 'cad', 'finetune', 512, 'oa')}), ['c'], 2)
    assert not published_rows(measured({'c': ('ScanObjectNN', 'pb_t50_rs', 'few_shot_svm', 2048, 'oa')}), ['c'], 2)


def test_official_sets_are_called_as_in_the_published_table():
    known = {(entry.place.name, entry.place.variant) for entry in published()}
    assert {(official(name).data, official(name).variant) for name in OFFICIAL} <= known
