from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.records import Record, read_records
from benchmarks.records.parts import Dataset, Protocol
from benchmarks.records.record import environment, read_record
from tests.benchmarks.records.examples import record
from zoo.errors import UsageError

ROOT = Path(__file__).resolve().parents[3]


def test_a_record_survives_the_disk(tmp_path):
    first = record(environment=environment())
    first.save(tmp_path / 'a' / 'r.json')
    assert read_record(tmp_path / 'a' / 'r.json') == first
    assert [path.name for path in (tmp_path / 'a').iterdir()] == ['r.json']


def test_a_record_survives_json():
    first = record()
    again = Record.from_json(json.loads(json.dumps(first.to_json())))
    assert again == first
    assert again.key == first.key
    assert again.protocol.augmentation == ('RandomRotate', 'ScaleTranslate')


def test_parts_are_read_by_name_and_as_attributes():
    one = record()
    assert one.protocol.name == one.protocol['name'] == 'svm'
    assert one.protocol['C'] == one.protocol.extra['C'] == 0.075
    assert one.protocol.get('key') is None
    assert one.dataset['test_samples'] == one.dataset.samples == 100
    assert isinstance(one.dataset, Dataset)
    assert isinstance(one.protocol, Protocol)


def test_random_weights_have_an_empty_pretraining():
    one = Record(
        model='m', weights='scratch', weights_sha256='', pretraining={}, dataset={'name': 'd'}, protocol={'name': 'p'},
        seed=0, metrics={},
    )  # fmt: skip
    assert not one.pretraining
    assert one.pretraining.get('teachers', '-') == '-'
    assert record().pretraining


def test_records_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        record().seed = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        record().dataset.name = 'other'


def test_numbers_of_numpy_become_plain():
    one = record(metrics={'oa': np.float32(50)}, protocol={'C': np.float64(0.5)}, dataset={'samples': 7})
    assert Record.from_json(json.loads(one.text())) == one
    assert type(one.metrics['oa']) is float


def test_records_come_in_the_order_of_their_paths(tmp_path):
    for seed in (2, 0, 1):
        record(seed=seed).save(tmp_path / f'{seed}.json')
    assert [entry.seed for entry in read_records(tmp_path)] == [0, 1, 2]


@pytest.mark.parametrize(
    'text', ['', '{', '[]', '7', '{"model": "a"}', '{"dream": 1}', '{"version": 2}', '{"version": 1}']
)
def test_broken_records_are_named(tmp_path, text):
    path = tmp_path / 'r.json'
    path.write_text(text)
    with pytest.raises(UsageError, match=r'r\.json cannot be read'):
        read_record(path)


def test_half_a_record_is_named(tmp_path):
    path = tmp_path / 'r.json'
    record().save(path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(UsageError, match=r'r\.json cannot be read'):
        read_record(path)


def test_another_layout_is_refused(tmp_path):
    path = tmp_path / 'r.json'
    record().save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), 'version': 99}))
    with pytest.raises(UsageError, match='layout 99'):
        read_record(path)


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_a_figure_that_is_no_number_is_not_written(tmp_path, value):
    with pytest.raises(ValueError, match=r'metrics\.oa'):
        record(metrics={'oa': value}).save(tmp_path / 'r.json')
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('word', ['NaN', 'Infinity', '-Infinity'])
def test_a_figure_that_is_no_number_is_not_read(tmp_path, word):
    path = tmp_path / 'r.json'
    path.write_text(record().text().replace('12.5', word))
    with pytest.raises(UsageError, match='is not JSON'):
        read_record(path)


def test_the_key_follows_what_was_run_and_not_what_came_out():
    base = record()
    same = [dict(metrics={'oa': 99.0}), dict(seconds=9.0), dict(date='2027-01-01'), dict(environment={'threads': 8})]
    assert {record(**change).key for change in same} == {base.key}
    other = [
        dict(seed=1),
        dict(model='b'),
        dict(config_sha256='d' * 64),
        dict(weights_sha256='b' * 64),
        dict(dataset={'fingerprint': 'e' * 64}),
        dict(protocol={'version': 3}),
        dict(protocol={'C': 1.0}),
        dict(pretraining={'fraction': 0.5}),
    ]
    keys = [record(**change).key for change in other]
    assert len({base.key, *keys}) == len(other) + 1


def test_the_key_of_the_job_comes_first():
    assert record(job='0' * 32, metrics={'oa': 1.0}).key == '0' * 32


NO_ACCURACY = ('attention_distance', 'contrastive_test_loss', 'part_seg')


def test_committed_records_are_read():
    folders = [path for path in (ROOT / 'docs' / 'results').rglob('records') if path.is_dir()]
    studies = [list(read_records(folder)) for folder in folders]
    records = [entry for study in studies for entry in study]
    assert len(records) >= 27
    # Within a study: records of before version 2 do not name the config, so 'from scratch' of two studies look alike.
    assert all(len({entry.key for entry in study}) == len(study) for study in studies)
    assert all(entry.version == 2 and entry.dataset.fingerprint and entry.metrics for entry in records)
    assert all(entry.metrics['oa'] > 0 for entry in records if entry.protocol.name not in NO_ACCURACY)


def test_the_environment_names_what_a_number_was_measured_with():
    assert {'torch', 'device', 'threads', 'precision', 'commit', 'processor'} == set(environment())
