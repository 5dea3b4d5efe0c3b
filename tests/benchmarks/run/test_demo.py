from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from benchmarks.records import read_records
from benchmarks.run import demo
from benchmarks.run.demo import STUDENTS, Budget, Job, run_demo

TINY = Budget(
    objects=86,
    pretrain_epochs=2,
    labels_per_class=1,
    pool=86,
    test_objects=43,
    finetune_epochs=2,
    num_points=64,
    seeds=2,
)


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp('demo')
    return out, run_demo(out, TINY)


def test_the_table_is_a_view_of_the_records(finished):
    out, table = finished
    records = list(read_records(out / 'records'))
    assert len(records) == len(STUDENTS) * 2 * TINY.seeds
    for row, student in zip(table.rows, STUDENTS, strict=True):
        assert row[0] == student.label
        for cell, protocol in zip(row[2:], ('svm', 'finetune'), strict=True):
            own = [r.metrics['oa'] for r in records if r.model == student.label and r.protocol['name'] == protocol]
            assert cell.startswith(f'{np.mean(own):.1f} ± ')


def test_every_record_says_how_it_was_obtained(finished):
    for record in read_records(finished[0] / 'records'):
        assert record.source == 'measured'
        assert record.protocol['voting'] == 'none'
        assert record.dataset['name'] == 'ProceduralShapes'
        assert record.dataset['train_fingerprint'] != record.dataset['test_fingerprint']
        assert (record.weights == 'scratch') == (record.weights_sha256 == '')
        assert bool(record.pretraining) == (record.weights != 'scratch')


def test_nothing_finished_runs_twice(finished, monkeypatch):
    out, table = finished
    for name in ('_svm', '_finetune'):
        monkeypatch.setattr(demo, name, _refuse(name))
    assert run_demo(out, TINY).rows == table.rows


def test_what_is_missing_is_measured_again(finished, monkeypatch):
    out, table = finished
    lost = out / 'records' / 'from-scratch_svm_1.json'
    lost.unlink()
    monkeypatch.setattr(demo, '_finetune', _refuse('_finetune'))
    assert run_demo(out, TINY).rows == table.rows
    assert lost.is_file()


def test_another_budget_has_other_keys():
    first = Job(STUDENTS[0], None, 0, None, None, TINY, Path(), 'cpu')
    changes = [{}, {'budget': dataclasses.replace(TINY, objects=90)}, {'seed': 1}, {'student': STUDENTS[1]}]
    assert len({dataclasses.replace(first, **change).key for change in changes}) == len(changes)


def _refuse(name):
    def measure(_):
        raise AssertionError(f'{name} ran again')

    return measure
