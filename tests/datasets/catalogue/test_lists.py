"""Official lists: where they are found, how they are read, and what is shipped about them."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.refusals import refused
from zoo.datasets.catalogue.lists import OFFICIAL, describe, digest, group, locate, published, read_names
from zoo.datasets.layouts.modelnet_names import official_list

BY_NAME = {official.name: official for official in OFFICIAL}


@pytest.mark.parametrize('classes', [10, 40])
@pytest.mark.parametrize('split', ['train', 'test'])
def test_what_is_shipped_fits_the_names_that_are_known(classes, split):
    """ModelNet's names follow from the numbers of objects, so its digests can be made without its lists."""
    names = official_list(classes, split)
    assert describe(names, BY_NAME[f'modelnet{classes}']) == published()[f'modelnet{classes}/{split}']


def test_the_numbers_that_papers_state():
    counts = {name: entry['count'] for name, entry in published().items()}
    assert counts == {
        'modelnet40/train': 9843,
        'modelnet40/test': 2468,
        'modelnet10/train': 3991,
        'modelnet10/test': 908,
        'shapenet55/train': 41952,
        'shapenet55/test': 10518,
        'shapenetpart/train': 12137,
        'shapenetpart/val': 1870,
        'shapenetpart/test': 2874,
    }
    for name, entry in published().items():
        official = BY_NAME[name.partition('/')[0]]
        assert set(entry['classes']) == set(official.kinds)
        assert sum(count for count, _ in entry['classes'].values()) == entry['count']


def test_the_digest_is_that_of_a_sorted_file():
    text = 'chair_0001\nchair_0002\nsofa_0001'
    assert digest(['sofa_0001', 'chair_0002', 'chair_0001']) == hashlib.sha256(text.encode()).hexdigest()


def test_names_of_another_form_are_in_no_class():
    assert group(['chair_0001', 'chair', ''], BY_NAME['modelnet40']) == {'chair': ['chair_0001']}


def test_lists_are_read_whatever_ends_their_lines(tmp_path):
    (tmp_path / 'a.txt').write_bytes(b'one\r\ntwo \r\n\r\n')
    (tmp_path / 'b.json').write_text(json.dumps(['one', 'two']))
    assert read_names(tmp_path / 'a.txt') == read_names(tmp_path / 'b.json') == ['one', 'two']


@pytest.mark.parametrize(
    ('name', 'content', 'message'),
    [
        ('a.txt', b'', 'must be a list of names'),
        ('a.txt', b'\xff\xfe\x00', 'cannot be read as a list'),
        ('a.json', b'["one", ', 'cannot be read as a list'),
        ('a.json', b'{"one": 1}', 'must be a list of names'),
        ('a.json', b'[1, 2]', 'must be a list of names'),
        ('a.txt', None, 'is missing'),
    ],
)
def test_lists_that_cannot_be_read(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    found = refused(read_names, tmp_path / name)
    assert str(tmp_path / name) in found
    assert message in found


def test_lists_called_train_are_taken_from_the_right_folder(tmp_path):
    for name in ('ShapeNet-55', 'ShapeNet-34', 'other'):
        (tmp_path / name).mkdir()
        (tmp_path / name / 'train.txt').write_text('02691156-1.npy\n')
    assert [place.name for _, place in locate(tmp_path)] == ['ShapeNet-55']
    # A folder that the user points at is taken by its content.
    assert [official.name for official, _ in locate(tmp_path / 'other')] == ['shapenet55']
    (tmp_path / 'other' / 'train.txt').write_text('left shoe\n')
    assert locate(tmp_path / 'other') == []


def test_folders_far_below_are_not_searched(tmp_path):
    near, far = tmp_path / 'a' / 'b', tmp_path / 'a' / 'b' / 'c' / 'd'
    far.mkdir(parents=True)
    for place in (near, far):
        (place / 'modelnet10_train.txt').write_text('bed_0001\n')
    assert [place for _, place in locate(tmp_path)] == [near]
