from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks.published import published
from benchmarks.records import Store, mean_interval
from benchmarks.report import Cell, Quoted, as_csv, as_markdown, leaderboard
from benchmarks.report.leaderboard import ABOUT
from tests.benchmarks.report.boards import board, full, measured


def cells(table, column=0):
    """Cells of a value column by model, over all measured rows."""
    rows = [row for block in [table.rows, *(b.rows for b in table.blocks)] for row in block]
    return {row[0]: row[len(ABOUT) + column] for row in rows}


def test_a_row_is_the_mean_of_its_seeds_with_what_it_learnt_from():
    records, reader = board({'from scratch': 0.6, 'point-mae-nano': 0.7}, noise=0.02)
    table = leaderboard(records, predictions=reader)
    assert table.header == [*ABOUT, 'svm, ScanObjectNN obj_bg, OA %']
    assert list(table.rows[0][:6]) == ['from scratch', 'none', 'none', 'none', 'last', '3']
    assert list(table.rows[1][:6]) == ['point-mae-nano', 'points', 'shapedb69', 'none', 'last', '3']
    for model, cell in cells(table).items():
        assert cell.value == mean_interval([r.metrics['oa'] for r in records if r.model == model])


def test_a_clear_winner_is_bold_and_marked():
    records, reader = board({'a': 0.5, 'b': 0.6, 'c': 0.9}, seeds=5, noise=0.005)
    found = cells(leaderboard(records, predictions=reader))
    assert [found[model].bold for model in 'abc'] == [False, False, True]
    assert [found[model].mark for model in 'abc'] == ['', '↑', '↑']


def test_a_worse_row_is_marked_downwards():
    records, reader = board({'a': 0.9, 'b': 0.5}, seeds=5, noise=0.005)
    found = cells(leaderboard(records, predictions=reader))
    assert (found['a'].bold, found['a'].mark, found['b'].mark) == (True, '', '↓')


@pytest.mark.parametrize('seeds', [3, 10])
def test_seeds_that_straddle_are_not_bold(seeds):
    wide = np.linspace(0.5, 0.9, seeds)
    records = []
    for model, levels in (('lucky', wide + 0.03), ('steady', np.full(seeds, 0.7))):
        for seed, level in enumerate(levels):
            records.append(measured(model, seed, np.arange(1000) < 1000 * level)[0])
    table = leaderboard(records)
    found = cells(table)
    assert found['lucky'].value.mean > found['steady'].value.mean
    assert not any(cell.bold or cell.mark for cell in found.values())
    assert 'seeds straddle' in '\n'.join(table.notes)


def test_a_single_seed_is_never_bold():
    records, reader = board({'a': 0.3, 'b': 0.9}, seeds=1)
    table = leaderboard(records, predictions=reader)
    assert not any(cell.bold or cell.mark for cell in cells(table).values())
    assert 'fewer than two common seeds' in '\n'.join(table.notes)
    assert '(1 seed)' in as_markdown(table)


def test_a_runner_up_that_cannot_be_tested_keeps_the_best_from_bold_and_others_do_not():
    three, _ = board({'best': 0.9, 'second': 0.6}, seeds=5, noise=0.004)
    near = [measured('once', 0, np.arange(300) < 200)[0]]
    far = [measured('once', 0, np.arange(300) < 30)[0]]
    assert not cells(leaderboard([*three, *near]))['best'].bold
    assert cells(leaderboard([*three, *far]))['best'].bold


def test_many_comparisons_raise_the_bar():
    """What is bold alone is not when it is one of many columns that show nothing."""
    generator = np.random.default_rng(1)

    def columns(names, winner):
        records = []
        for name in names:
            for model in ('a', 'b'):
                for seed in range(4):
                    gain = winner * (model == 'a') if name == 'v0' else 0.0
                    right = np.arange(1000) < 1000 * (0.7 + gain + 0.004 * generator.normal())
                    records.append(measured(model, seed, right, name)[0])
        return records

    alone = columns(['v0'], 0.02)
    assert cells(leaderboard(alone))['a'].bold
    others = [record for record in columns([f'v{i}' for i in range(40)], 0.0) if record.dataset.variant != 'v0']
    assert not cells(leaderboard([*alone, *others]))['a'].bold


def test_less_may_be_better():
    records, _ = board({'a': 0.9, 'b': 0.3}, seeds=4, noise=0.004)
    records = [dataclasses.replace(r, metrics={'error': 100 - r.metrics['oa']}) for r in records]
    found = cells(leaderboard(records, metrics=['error'], lower=['error']))
    assert (found['a'].bold, found['b'].mark) == (True, '↓')
    assert cells(leaderboard(records, metrics=['error']))['b'].bold


def test_rows_measured_in_another_way_are_never_compared():
    records, reader = full()
    table = leaderboard(records, predictions=reader)
    assert [row[0] for row in table.rows] == ['from scratch', 'point-mae-nano', 'recon-nano']
    assert [block.title for block in table.blocks] == ['voting: 10 augmentations, mean of logits, epoch: best_test']
    # The voted block has no figure in the other column and judges only itself.
    voted = table.blocks[0].rows
    assert [row[len(ABOUT) + 1] for row in voted] == [None] * 3
    assert not any(row[len(ABOUT)].bold for row in voted)
    assert table.rows[2][len(ABOUT)].bold


def test_another_version_or_another_test_set_is_another_column():
    first, _ = board({'a': 0.6, 'b': 0.7}, seeds=2)
    newer = [
        dataclasses.replace(r, protocol=dataclasses.replace(r.protocol, version=3)) for r in first if r.model == 'b'
    ]
    other = [dataclasses.replace(r, dataset=dataclasses.replace(r.dataset, fingerprint='9' * 64)) for r in first]
    table = leaderboard([*first, *newer, *other])
    assert len(table.header) == len(ABOUT) + 3
    assert len(set(table.header)) == len(table.header)
    assert any('v3' in name for name in table.header)
    assert any('data 99999999' in name for name in table.header)


def test_published_rows_stand_apart_with_their_source():
    records, _ = full()
    rows = [row.record() for row in published(method='Point-MAE', dataset='ScanObjectNN*', protocol='finetune')]
    svm = [row.record() for row in published(protocol='svm', method='OcCo*')]
    finetuned = [dataclasses.replace(r, protocol=dataclasses.replace(r.protocol, name='finetune')) for r in records]
    table = leaderboard([*finetuned, *rows, *svm])
    block = table.blocks[-1]
    assert block.title.startswith('Published')
    assert table.header[-1] == 'source'
    assert all(row[-1] for row in block.rows)
    assert {row[-1] for row in table.rows} == {'measured'}
    values = [cell for row in block.rows for cell in row if isinstance(cell, Quoted | Cell)]
    assert {cell.value for cell in values} >= {90.02, 88.29}
    assert not any(isinstance(cell, Cell) and (cell.bold or cell.mark) for cell in values)
    # They change nothing above them, however high they are.
    alone = leaderboard(finetuned)
    assert [list(row)[:-1] for row in table.rows] == [list(row) for row in alone.rows]
    assert any('published figures of other protocols' in note for note in table.notes)
    wide = leaderboard([*finetuned, *rows, *svm], published_columns=True)
    assert len(wide.header) > len(table.header)


def test_published_rows_alone_make_a_table():
    rows = [row.record() for row in published(method='ReCon', protocol='few_shot')]
    table = leaderboard(rows, title='Few-shot')
    assert '97.3 (std 1.9)' in as_markdown(table)
    assert not table.rows


def test_pretraining_runs_are_the_unit_where_there_are_several():
    """Ten folds of each of three pretrained models are three repetitions, not thirty."""
    generator = np.random.default_rng(0)
    records = []
    for seed in range(3):
        for fold in range(10):
            right = np.arange(100) < 70 + 5 * seed + generator.integers(0, 5)
            record, _ = measured('a', seed, right, fold=fold)
            records.append(record)
    cell = cells(leaderboard(records))['a']
    by_seed = [np.mean([r.metrics['oa'] for r in records if r.seed == seed]) for seed in range(3)]
    assert cell.value == mean_interval(by_seed)


def test_folds_of_one_model_are_folds():
    records = [measured('from scratch', 0, np.arange(100) < 60 + fold, fold=fold)[0] for fold in range(10)]
    value = cells(leaderboard(records))['from scratch'].value
    assert (value.count, value.unit) == (10, 'fold')


def test_of_a_measurement_made_again_the_newest_counts():
    records, _ = board({'a': 0.6, 'b': 0.7}, seeds=2)
    newer = dataclasses.replace(records[0], date='2026-02-02', metrics={'oa': 1.0}, config_sha256='e' * 64)
    table = leaderboard([newer, *records])
    assert cells(table)['a'].value.low < 1.0 + 60
    assert cells(table)['a'].value.mean == pytest.approx((1.0 + records[1].metrics['oa']) / 2)
    assert any('1 older figure' in note for note in table.notes)


def test_settings_that_rows_do_not_share_are_named():
    first, _ = board({'a': 0.6}, seeds=2)
    second, _ = board({'b': 0.7}, seeds=2, C=1.0)
    notes = leaderboard([*first, *second]).notes
    assert any('rows differ in C' in note for note in notes)
    assert not any('rows differ' in note for note in leaderboard(first).notes)


def test_one_pretraining_run_behind_many_seeds_is_said():
    records, _ = board({'a': 0.6, 'b': 0.7}, seeds=3)
    once = [dataclasses.replace(r, weights_sha256='1' * 64) if r.model == 'b' else r for r in records]
    assert any(note.startswith('Pretrained once') and note.endswith(': b.') for note in leaderboard(once).notes)
    assert not any('Pretrained once' in note for note in leaderboard(records).notes)


def test_marks_against_a_model_and_none():
    records, reader = board({'base': 0.5, 'b': 0.7, 'c': 0.705}, seeds=5, noise=0.004)
    found = cells(leaderboard(records, predictions=reader, marks='base'))
    assert [found[model].mark for model in ('base', 'b', 'c')] == ['', '↑', '↑']
    found = cells(leaderboard(records, predictions=reader, marks='none'))
    assert not any(cell.mark for cell in found.values())
    with pytest.raises(ValueError, match='dream'):
        leaderboard(records, marks='dream')


def test_orders():
    records, _ = board({'b': 0.7, 'a': 0.5, 'c': 0.9}, seeds=2)
    assert [row[0] for row in leaderboard(records).rows] == ['b', 'a', 'c']
    assert [row[0] for row in leaderboard(records, order='best').rows] == ['c', 'b', 'a']
    assert [row[0] for row in leaderboard(records, order=['a', 'c']).rows] == ['a', 'c', 'b']


def test_the_table_does_not_depend_on_the_order_of_records():
    records, reader = full()
    order = ['from scratch', 'point-mae-nano', 'recon-nano']
    first = leaderboard(records, predictions=reader, order=order)
    mixed = [records[i] for i in np.random.default_rng(0).permutation(len(records))]
    mixed.sort(key=lambda r: (r.protocol.voting != 'none', r.dataset.variant))
    assert as_csv(leaderboard(mixed, predictions=reader, order=order)) == as_csv(first)


def test_without_such_a_figure_there_is_no_table():
    with pytest.raises(ValueError, match='dream'):
        leaderboard(board({'a': 0.5})[0], metrics=['dream'])
    with pytest.raises(ValueError, match='oa'):
        leaderboard([])


def test_from_a_store(tmp_path):
    store = Store(tmp_path)
    records, reader = board({'a': 0.5, 'b': 0.9}, noise=0.004)
    for record in records:
        store.add(dataclasses.replace(record, predictions=''), reader(record))
    table = leaderboard(store.records(), predictions=store.predictions)
    assert cells(table)['b'].bold
    assert 'paired bootstrap over seeds and objects' in '\n'.join(table.notes)
