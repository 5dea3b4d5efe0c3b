from __future__ import annotations

import copy
import dataclasses

import pytest

from benchmarks.records import Record
from benchmarks.records.record import PARTS
from benchmarks.records.schema import KEYWORDS, check, problems, schema
from tests.benchmarks.records.examples import record


def names(kind):
    return {entry.name for entry in dataclasses.fields(kind)}


def test_the_schema_has_the_fields_of_the_record():
    assert set(schema()['properties']) == set(schema()['required']) == names(Record)
    for part, kind in PARTS.items():
        definition = schema()['$defs'][part]
        assert set(definition['properties']) == set(definition['required']) == names(kind)


def test_every_field_is_described():
    places = [schema()['properties'], *(schema()['$defs'][part]['properties'] for part in PARTS)]
    assert all('description' in rule or '$ref' in rule for place in places for rule in place.values())


def test_the_schema_uses_only_what_is_understood():
    def walk(rule):
        assert set(rule) <= KEYWORDS
        for name in ('properties', '$defs'):
            for inner in rule.get(name, {}).values():
                walk(inner)
        for inner in [rule[name] for name in ('items', 'additionalProperties') if isinstance(rule.get(name), dict)]:
            walk(inner)
        for inner in rule.get('anyOf', ()):
            walk(inner)

    walk(schema())


def change(path, value):
    data = copy.deepcopy(record().to_json())
    *folders, name = path.split('.')
    place = data
    for folder in folders:
        place = place[folder]
    if value is KeyError:
        del place[name]
    else:
        place[name] = value
    return data


WRONG = [
    ('model', ''),
    ('model', 3),
    ('model', KeyError),
    ('dream', 1),
    ('version', 3),
    ('seed', 1.5),
    ('seed', True),
    ('seed', None),
    ('weights_sha256', 'abc'),
    ('predictions', '../../x'),
    ('source', 'rumoured'),
    ('source', 'published'),
    ('seconds', -1.0),
    ('date', 'today'),
    ('metrics.oa', '12'),
    ('metrics.oa', None),
    ('metrics.oa', float('nan')),
    ('per_class.chair', 101.0),
    ('dataset.name', ''),
    ('dataset.samples', -1),
    ('dataset.colour', 'red'),
    ('dataset.extra', []),
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
    with pytest.raises(ValueError, match=path.rsplit('.', 1)[-1] if path != 'source' else 'source|reference'):
        check(change(path, value))


@pytest.mark.parametrize(
    ('path', 'value'),
    [
        ('dataset.samples', None),
        ('pretraining.fraction', 1),
        ('protocol.epoch_selection', 'best_test'),
        ('job', '0' * 32),
    ],
)
def test_what_is_right_passes(path, value):
    check(change(path, value))


def test_a_published_record_names_its_reference():
    check(record(source='published', reference='arXiv 2302.02318').to_json())
    with pytest.raises(ValueError, match='reference'):
        check(record(source='published').to_json())


def test_every_problem_is_listed():
    data = change('seed', 'x')
    data['model'] = ''
    assert len(list(problems(data, schema(), schema()))) == 2


def test_jsonschema_agrees():
    jsonschema = pytest.importorskip('jsonschema', reason='jsonschema is not installed')
    validator = jsonschema.Draft202012Validator(schema())
    assert validator.is_valid(record().to_json())
    for path, value in WRONG:
        # JSON knows no NaN and the other library lets it pass.
        assert value != value or not validator.is_valid(change(path, value))
