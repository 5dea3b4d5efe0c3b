from __future__ import annotations

import json

import pytest

from benchmarks.records import Record, read_records
from benchmarks.records.record import environment, read_record
from zoo.errors import UsageError


def record(**changes):
    fields = dict(
        model='recon-nano',
        weights='scratch',
        weights_sha256='',
        pretraining={},
        dataset={'name': 'ProceduralShapes'},
        protocol={'name': 'svm'},
        seed=0,
        metrics={'oa': 12.5},
    )
    return Record(**{**fields, **changes})


def test_a_record_survives_the_disk(tmp_path):
    first = record(environment=environment())
    first.save(tmp_path / 'a' / 'r.json')
    assert read_record(tmp_path / 'a' / 'r.json') == first
    assert [path.name for path in (tmp_path / 'a').iterdir()] == ['r.json']


def test_records_come_in_the_order_of_their_paths(tmp_path):
    for seed in (2, 0, 1):
        record(seed=seed).save(tmp_path / f'{seed}.json')
    assert [entry.seed for entry in read_records(tmp_path)] == [0, 1, 2]


@pytest.mark.parametrize('text', ['', '{', '[]', '{"model": "a"}', '{"dream": 1}'])
def test_broken_records_are_named(tmp_path, text):
    path = tmp_path / 'r.json'
    path.write_text(text)
    with pytest.raises(UsageError, match=r'r\.json cannot be read'):
        read_record(path)


def test_another_layout_is_refused(tmp_path):
    path = tmp_path / 'r.json'
    record().save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), 'version': 99}))
    with pytest.raises(UsageError, match='layout 99'):
        read_record(path)


def test_the_environment_names_what_a_number_was_measured_with():
    assert {'torch', 'device', 'threads', 'precision', 'commit'} == set(environment())
