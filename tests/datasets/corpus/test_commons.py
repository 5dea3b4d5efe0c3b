"""The union of collections: what is left out and why, its split, its texts."""

from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.corpus.collected import OPTIONS, decentraland, kicad
from tests.refusals import refused
from zoo.datasets import Commons, MeshCollection, ObjectUnion, prepare
from zoo.datasets.catalogue.run import describe_pack, prepare_target
from zoo.datasets.catalogue.target import resolve_target
from zoo.datasets.corpus.commons import split_by
from zoo.datasets.corpus.duplicates import repeats
from zoo.datasets.corpus.words import is_letter, plain

SIZES = ('num_points', 'views', 'image_size')


@pytest.fixture
def root(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('ZOO_DATA', str(tmp_path / 'data'))
    options = {key: OPTIONS[key] for key in SIZES}
    for name, source in (('decentraland', decentraland(tmp_path / 'd')), ('kicad', kicad(tmp_path / 'k'))):
        target = resolve_target(name, options=options, origin=[str(source)])
        prepare_target(target, workers=1, progress=False)
        options = {'num_points': 48, 'views': 2, 'image_size': 16}
    return tmp_path


def test_one_of_each_is_kept_and_what_is_left_out_is_counted(root):
    data = Commons(num_points=40, images=True, texts=True)
    names = {data.info(index)['name'] for index in range(len(data))}
    assert names == {'lamp', 'led square', 'led d3.0mm', 'relay a'}  # chairs are as that LED, which comes first
    assert data.left_out == {
        'flat': 1, 'letter': 1, 'same geometry': 2, 'same family of names': 1, 'broken': 1,
        'no object by its source': 5,
    }  # fmt: skip
    assert len(data.copies) == 2
    batch = data.__getitems__(range(len(data)))
    assert batch['points'].shape == (len(data), 40, 3)
    assert batch['image'].shape == (len(data), 3, 16, 16)
    assert 'led square, led tht' in batch['text']
    assert data.text_read == 'caption'


def test_a_pack_of_it_keeps_licences_and_counts(root):
    pack = prepare_target(resolve_target('commons', options={'num_points': 32}), workers=1, progress=False)[0]
    printed = describe_pack(pack)
    assert 'left out: 2 same geometry' in printed
    assert 'GPL-3+' in printed
    text = (pack.path / 'ATTRIBUTION.md').read_text()
    assert '## kicad' in text
    assert '## decentraland' in text
    again = prepare_target(resolve_target('commons', options={'num_points': 32}), workers=1, progress=False)[0]
    assert again.fingerprint == pack.fingerprint
    assert {split_by(pack.info(index)['id']) for index in range(len(pack))} <= {'train', 'test'}


def test_the_split_follows_the_id_alone():
    parts = [split_by(f'kicad/{number}') for number in range(2000)]
    assert 70 < parts.count('test') < 130
    assert split_by('kicad/7') == parts[7]


def test_there_has_to_be_something(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))
    assert 'none is in' in refused(Commons)
    assert 'no split' in refused(Commons, split='val')


def test_sets_of_other_sizes_join(root, tmp_path):
    one = MeshCollection('kicad', tmp_path / 'k', images=True, num_points=32, views=2, image_size=16, workers=1)
    other = MeshCollection(
        'decentraland', tmp_path / 'd', images=True, num_points=64, views=3, image_size=16, workers=1
    )
    union = ObjectUnion([one, other], images=True)
    assert (union.num_views, union.num_points) == (3, 32)
    batch = union.__getitems__(range(len(union)))
    assert batch['points'].shape == (8, 32, 3)
    assert np.array_equal(union.points(7), union.points(7))
    rows = {tuple(row) for row in other.points(4).tolist()}
    assert len({tuple(row) for row in union.points(7).tolist()} & rows) == 32
    normals = {tuple(row) for row in np.hstack([other.points(4), other.normals(4)]).tolist()}
    assert {tuple(row) for row in np.hstack([union.points(7), union.normals(7)]).tolist()} <= normals
    assert np.array_equal(union.image(0, 2), one.image(0, 0))
    assert ObjectUnion([one, other], images=True, num_points=100).points(0).shape == (100, 3)
    assert ObjectUnion([one, other]).fingerprint != ObjectUnion([one, other], num_points=48).fingerprint
    prepare(tmp_path / 'pack', {'train': union}, progress=False)


def test_repeats_name_the_first_that_is_kept():
    signatures = [[0.0], [0.0015], [0.003], [0.5], (), [0.5], ()]
    assert repeats(signatures) == {1: 0, 5: 3}
    assert repeats([(), ()]) == {}


@pytest.mark.parametrize(
    ('name', 'letter'),
    [('b red', True), ('letter x', True), ('7', True), ('x ray', False), ('chair', False), ('plate 1 x 4', False)],
)
def test_letters_are_told_by_their_names(name, letter):
    assert is_letter(name) == letter


@pytest.mark.parametrize(
    ('name', 'words'),
    [('Wind_Up_Key_02', 'wind up key'), ('obj_house7b', 'obj house'), ('180_twist', '180 twist'), ('Tree3', 'tree')],
)
def test_names_are_words(name, words):
    assert plain(name) == words
