"""Which text is read of an object, and who says so."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.suites.students import loaded, supervision
from tests.datasets.test_base import Toy
from tests.refusals import refused
from zoo.datasets import ObjectUnion, ShapePack

ROWS = [
    {'name': 'oak tree', 'category': 'nature', 'caption': 'An old oak.'},
    {'name': 'park bench', 'category': 'bench', 'caption': 'A bench in a park.'},
]


@pytest.fixture
def pack(tmp_path):
    np.savez(tmp_path / 'points.npz', pts=np.random.default_rng(0).normal(size=(2, 8, 3)).astype(np.float32))
    (tmp_path / 'meta.json').write_text(json.dumps(ROWS))

    def open_pack(**options):
        return ShapePack(tmp_path / 'points.npz', split='all', meta=tmp_path / 'meta.json', **options)

    return open_pack


@pytest.mark.parametrize(
    ('texts', 'read', 'expected'),
    [
        (True, 'caption', ['An old oak.', 'A bench in a park.']),
        ('caption', 'caption', ['An old oak.', 'A bench in a park.']),
        ('class name', 'class name', ['nature', 'bench']),
        ('name and category', 'name and category', ['oak tree, nature', 'park bench']),
    ],
)
def test_the_text_is_chosen(pack, texts, read, expected):
    data = pack(texts=texts)
    for dataset in (data, data.subset([0, 1]), ObjectUnion([data], texts=texts), ObjectUnion([pack()], texts=texts)):
        assert dataset.__getitems__([0, 1])['text'] == expected
        assert dataset.text_read == read
    assert pack().text_read == ''
    assert data.info(1) == ROWS[1]


def test_names_stand_where_there_are_no_captions(pack):
    assert pack(texts=True, caption_key='name').__getitems__([0])['text'] == ['oak tree']


def test_what_is_not_known_is_refused(pack):
    assert 'choose class name, caption, name and category' in refused(pack, texts='title')
    assert 'no name and category' in refused(Toy(texts='name and category').__getitems__, [0])


def test_records_say_which_text_it_was(pack):
    config = loaded(
        'recon-nano', json.dumps({'model.objectives.text.teacher': {'type': 'SentenceTeacher', '_delete_': True}})
    )
    assert 'class names by MiniLM' in supervision(config)
    for texts, words in (
        (True, 'captions'),
        ('class name', 'class names'),
        ('name and category', 'names and categories'),
    ):
        assert f'{words} by MiniLM' in supervision(config, pack(texts=texts).text_read)
    both = ObjectUnion([Toy(), pack()], texts=True, num_points=4)
    assert 'class names and captions by MiniLM' in supervision(config, both.text_read)
