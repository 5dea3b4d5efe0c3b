from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from benchmarks.records import Record, Result, json_schema
from benchmarks.records.environment import environment
from benchmarks.records.schema import Dataset, Protocol, line_of
from tests.benchmarks.records.examples import guesses, record


def test_a_record_survives_json():
    first = record(environment=environment())
    again = Record(**json.loads(first.model_dump_json()))
    assert again == first
    assert again.key == first.key
    assert again.protocol.augmentation == ['RandomRotate', 'ScaleTranslate']


def test_parts_are_read_by_name_and_as_attributes():
    one = record()
    assert one.protocol.name == one.protocol['name'] == 'svm'
    assert one.protocol['C'] == one.protocol.C == 0.075
    assert one.protocol.get('key') is None
    assert one.dataset['samples'] == one.dataset.samples == 100
    assert isinstance(one.dataset, Dataset)
    assert {**one.protocol}['C'] == 0.075
    assert Protocol(**one.protocol) == one.protocol


@pytest.mark.parametrize(('said', 'seen'), [({'seen_objects': 'all'}, 100), ({}, None)])
def test_layout_3_knew_of_seen_objects_all_or_nothing(said, seen):
    old = json.loads(record().model_dump_json(exclude={'dataset': {'seen_objects'}}))
    read = Record(**{**old, 'layout': 3, 'dataset': {**old['dataset'], **said}})
    assert (read.layout, read.dataset.seen_objects, read.key) == (4, seen, record(dataset={'seen_objects': seen}).key)
    with pytest.raises(ValueError, match='layout'):
        Record(**{**old, 'layout': 2})


def test_random_weights_have_an_empty_pretraining():
    one = Record(model='m', weights='scratch', dataset={'name': 'd'}, protocol={'name': 'p'}, seed=0, metrics={})
    assert not one.pretraining
    assert one.pretraining.get('teachers', '-') == '-'
    assert record().pretraining


def test_records_are_frozen():
    with pytest.raises(ValueError, match='frozen'):
        record().seed = 3
    with pytest.raises(ValueError, match='frozen'):
        record().dataset.name = 'other'


def test_numbers_of_numpy_become_plain():
    one = record(metrics={'oa': np.float32(50)}, protocol={'C': np.float64(0.5)}, dataset={'samples': np.int64(7)})
    assert Record(**json.loads(one.model_dump_json())) == one
    assert type(one.metrics['oa']) is float


def change(path, value):
    data = copy.deepcopy(json.loads(record().model_dump_json()))
    *folders, name = path.split('.')
    place = data
    for folder in folders:
        place = place[folder]
    if value is KeyError:
        del place[name]
    else:
        place[name] = value
    return {'line': 'result', 'key': 'a', 'record': data}


WRONG = [
    ('model', ''),
    ('model', 3),
    ('model', KeyError),
    ('dream', 1),
    ('layout', 5),
    ('seed', 1.5),
    ('seed', True),
    ('seed', None),
    ('weights_digest', 'abc'),
    ('source', 'rumored'),
    ('source', 'published'),
    ('seconds', -1.0),
    ('date', 'today'),
    ('metrics.oa', '12'),
    ('metrics.oa', None),
    ('metrics.oa', float('nan')),
    ('per_class.chair', 101.0),
    ('dataset.name', ''),
    ('dataset.samples', -1),
    ('protocol.version', 0),
    ('protocol.epoch_selection', 'luckiest'),
    ('protocol.augmentation', ['a', 1]),
    ('protocol.points', 0),
    ('pretraining.fraction', 0),
    ('pretraining.fraction', 1.1),
    ('environment.threads', '2'),
]


@pytest.mark.parametrize(('path', 'value'), WRONG)
def test_what_is_wrong_is_found_and_named(path, value):
    with pytest.raises(ValueError, match=path.rsplit('.', 1)[-1] if path != 'source' else 'source|reference') as caught:
        line_of(change(path, value))
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('path', 'value'),
    [
        ('dataset.samples', None),
        ('dataset.color', 'red'),
        ('pretraining.fraction', 1),
        ('protocol.epoch_selection', 'best_test'),
        ('job', '0' * 32),
    ],
)
def test_what_is_right_passes(path, value):
    assert line_of(change(path, value)).record


def test_the_json_schema_agrees():
    jsonschema = pytest.importorskip('jsonschema', reason='jsonschema is not installed')
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(json.loads(Result(key='a', record=record()).model_dump_json()))
    for path, value in WRONG:
        # JSON knows no NaN; that a published figure has a reference is said in words.
        assert value != value or value == 'published' or not validator.is_valid(change(path, value)), path


def test_every_field_of_the_schema_is_described():
    for name, part in json_schema()['$defs'].items():
        for field in part.get('properties', {}):
            assert field == 'line' or f'    {field}: ' in part['description'], (name, field)


def test_predictions_must_have_the_accuracy_of_the_record():
    packed = {'target': guesses(0.7).target.tolist(), 'predicted': guesses(0.7).predicted.tolist()}
    assert Result(key='a', record=record(metrics={'oa': 70.0}), predictions=packed).unpacked
    with pytest.raises(ValueError, match=r'70\.00 by the predictions'):
        Result(key='a', record=record(metrics={'oa': 71.0}), predictions=packed)


@pytest.mark.parametrize('name', ['/etc/passwd', '../x', 'runs/../../x', 'runs//x', '.hidden'])
def test_files_and_tables_stay_in_their_folder(name):
    with pytest.raises(ValueError, match='files'):
        Result(key='a', files={name: 'a' * 64})
    plan = {'line': 'plan', 'profile': 'p', 'suite': 's', 'title': '', 'rows': [], 'columns': [], 'figures': []}
    assert line_of({**plan, 'name': 'few_shot_a-b'})
    with pytest.raises(ValueError, match='name'):
        line_of({**plan, 'name': name})
    with pytest.raises(ValueError, match='key'):
        line_of({'line': 'failure', 'key': name, 'error': ''})


def test_the_key_follows_what_was_run_and_not_what_came_out():
    base = record()
    same = [dict(metrics={'oa': 99.0}), dict(seconds=9.0), dict(date='2027-01-01'), dict(environment={'threads': 8})]
    assert {record(**change).key for change in same} == {base.key}
    other = [
        dict(seed=1),
        dict(model='b'),
        dict(config_sha256='d' * 64),
        dict(weights_digest='b' * 64),
        dict(dataset={'fingerprint': 'e' * 64}),
        dict(protocol={'version': 3}),
        dict(protocol={'C': 1.0}),
        dict(pretraining={'fraction': 0.5}),
    ]
    keys = [record(**change).key for change in other]
    assert len({base.key, *keys}) == len(other) + 1


def test_the_key_of_the_job_comes_first():
    assert record(job='0' * 32, metrics={'oa': 1.0}).key == '0' * 32


def test_the_environment_names_what_a_number_was_measured_with():
    assert {'torch', 'device', 'threads', 'precision', 'commit', 'processor'} == set(environment())
