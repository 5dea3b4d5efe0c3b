"""The catalogue: complete, and true to the readers."""

from __future__ import annotations

import inspect
import re

import pytest

from tests.refusals import refused
from zoo.datasets.catalogue import entries, find
from zoo.datasets.catalogue.entry import build
from zoo.datasets.catalogue.lists import published
from zoo.datasets.corpus.collections import COLLECTIONS
from zoo.registry import DATASETS

NAMES = tuple(entries())


@pytest.mark.parametrize('name', NAMES)
def test_every_part_is_what_its_reader_takes(name):
    entry = find(name)
    assert entry.name == name
    assert entry.title
    assert entry.get
    assert entry.terms
    for part in entry.parts.values():
        kind = DATASETS.get(part.config['type'])
        inspect.signature(kind).bind(**{key: value for key, value in part.config.items() if key != 'type'})


@pytest.mark.parametrize('name', [name for name in NAMES if entries()[name].places and name != 'sweethome3d'])
def test_what_is_not_there_is_said_with_the_way_to_get_it(name, tmp_path):
    entry = find(name)
    assert entry.found(tmp_path) is None
    config = next(iter(entry.parts.values())).with_options({}, tmp_path)
    message = refused(build, config)
    assert entry.places[0].split('/')[0] in message
    assert 'http' in message or name == 'commons'  # which is made of those that are there
    if name not in (*COLLECTIONS, 'commons'):
        assert f'{tmp_path}/' in message
        assert ' lacks ' in message
        assert 'let $ZOO_DATA be the folder that holds ' in message


def test_numbers_are_those_of_the_lists():
    for name, content in published().items():
        dataset, _, split = name.partition('/')
        assert find(dataset).parts[split].expected == content['count']


def test_numbers_that_papers_state():
    scans = {name: [part.expected for part in find(name).parts.values()] for name in NAMES if 'scanobjectnn' in name}
    assert list(scans.values()) == [[2309, 581], [2309, 581], [11416, 2882]]
    assert len(find('modelnet-c').parts) == 1 + 7 * 5
    assert find('modelnet-c').parts['jitter_3'].config.items() >= {'corruption': 'jitter', 'severity': 3}.items()
    assert len(find('modelnet40-c').parts) == 15 * 5
    few_shot = find('modelnet40-few-shot').parts
    assert len(few_shot) == 4 * 10 * 2
    assert few_shot['5way_10shot_0_train'].expected == 50
    assert few_shot['10way_20shot_9_test'].expected == 200


def test_roles_are_of_one_group_where_they_are_used_together():
    parts = find('modelnet40-few-shot').parts
    assert parts['5way_10shot_0_train'].group == parts['5way_10shot_0_test'].group
    assert len({part.group for part in parts.values()}) == 40
    assert not any(part.role for part in find('modelnet-c').parts.values())


def test_another_name_is_answered_with_those_that_are_known():
    assert re.search('known are procedural, .*modelnet40, ', refused(find, 'modelnet41'))


def test_classes_that_entries_recommend_exist():
    texts = [text for entry in entries().values() for text in (entry.get, entry.terms, *entry.notes, *entry.hints)]
    named = set(re.findall(r'(?<![/.\w-])[A-Z][a-z]+[A-Z]\w+(?![\w./-])', ' '.join(texts)))
    others = {'ModelNet40', 'ModelNetFewshot', 'ReCon', 'ScanNet', 'SceneNN', 'ShapeNet'}
    assert named - set(DATASETS.module_dict) <= others
