from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch

from tests.layouts import write_pack
from tests.refusals import refused
from tests.shared import shared_file
from zoo.datasets import ShapePack
from zoo.registry import DATASETS


def test_splits_are_the_rows_the_file_tells(tmp_path):
    path = write_pack(tmp_path / 'p.npz')
    stored = np.load(path)
    for split, rows in {'train': ~stored['test'], 'test': stored['test'], 'all': stored['test'] >= 0}.items():
        dataset = ShapePack(path, split=split)
        assert len(dataset) == rows.sum()
        batch = dataset.__getitems__(range(len(dataset)))
        assert np.array_equal(batch['points'].numpy(), stored['pts'][rows].astype(np.float32))
        assert batch['label'].tolist() == stored['y'][rows].tolist()
        assert dataset.classes == ('Chair', 'NonWheelChair', 'night_stand')
    texts = ShapePack(path, split='all', texts=True).__getitems__([0, 1, 2])['text']
    assert texts == ['chair', 'non wheel chair', 'night stand']


def test_one_object_equals_its_row_in_a_batch(tmp_path):
    views = np.random.default_rng(1).integers(0, 256, (20, 1, 8, 9), dtype=np.uint8)
    np.savez(tmp_path / 'v.npz', views=views)
    dataset = ShapePack(write_pack(tmp_path / 'p.npz'), tmp_path / 'v.npz', 'all')
    assert np.array_equal(dataset.points(4), dataset[4]['points'].numpy())
    assert dataset.points(4).dtype == np.float32
    picture = dataset.image(4, 0)
    assert picture.shape == (8, 9, 3)
    assert np.array_equal(picture[..., 1], views[4, 0])
    assert torch.allclose(dataset[4]['image'], torch.from_numpy(picture).permute(2, 0, 1) / 255)


def test_color_views_and_single_pictures(tmp_path):
    generator = np.random.default_rng(1)
    views = generator.integers(0, 256, (20, 4, 8, 9, 3), dtype=np.uint8)
    np.savez(tmp_path / 'v.npz', views=views, icon=views[:, 0])
    pack = write_pack(tmp_path / 'p.npz')
    dataset = ShapePack(pack, tmp_path / 'v.npz', 'test')
    assert dataset.num_views == 4
    assert np.array_equal(dataset.image(1, 3), views[5, 3])
    icons = ShapePack(pack, tmp_path / 'v.npz', 'test', image_key='icon')
    assert icons.num_views == 1
    assert np.array_equal(icons.image(1, 0), views[5, 0])


def test_the_layout_with_one_table_a_split(tmp_path):
    points = np.random.default_rng(0).random((9, 7, 3), dtype=np.float32)
    views = np.arange(9, dtype=np.uint8)[:, None, None, None] * np.ones((9, 2, 4, 4), dtype=np.uint8)
    np.savez(
        tmp_path / 'p.npz', classes=['a', 'b'], pts_train=points[:6], y_train=[0, 1, 0, 1, 0, 1], pts_test=points[6:],
        y_test=[1, 1, 0],
    )  # fmt: skip
    np.savez(tmp_path / 'v.npz', views_train=views[:6], views_test=views[6:])
    lengths = {split: len(ShapePack(tmp_path / 'p.npz', split=split)) for split in ('train', 'test', 'all')}
    assert lengths == {'train': 6, 'test': 3, 'all': 9}
    dataset = ShapePack(tmp_path / 'p.npz', tmp_path / 'v.npz', 'test')
    assert np.array_equal(dataset.points(0), points[6])
    assert dataset.labels.tolist() == [1, 1, 0]
    assert dataset.image(2, 1).max() == 8
    everything = ShapePack(tmp_path / 'p.npz', split='all')
    assert np.array_equal(everything.points(8), points[8])


@pytest.mark.parametrize('key', ['test', 'split'])
@pytest.mark.parametrize('flags', [['train', 'test'], [b'Train', b'TEST'], [0.0, 1.0]])
def test_flags_of_every_kind_tell_the_splits(tmp_path, key, flags):
    stored = np.load(write_pack(tmp_path / 'p.npz'))
    path = write_pack(tmp_path / 'q.npz', **{'test': None, key: np.array(flags)[stored['test'].astype(int)]})
    for split in ('train', 'test', 'all'):
        assert ShapePack(path, split=split).fingerprint == ShapePack(tmp_path / 'p.npz', split=split).fingerprint


def test_a_third_split_is_read_in_either_layout(tmp_path):
    flags = np.array(['train'] * 10 + ['val'] * 4 + ['test'] * 6)
    stored = np.load(write_pack(tmp_path / 'p.npz', test=flags))
    parts = {f'{key}_{split}': stored[key][flags == split] for key in ('pts', 'y') for split in set(flags.tolist())}
    np.savez(tmp_path / 'q.npz', classes=stored['classes'], **parts)
    for split, count in {'train': 10, 'val': 4, 'test': 6, 'all': 20}.items():
        one, other = (ShapePack(tmp_path / name, split=split) for name in ('p.npz', 'q.npz'))
        assert len(one) == count
        assert one.fingerprint == other.fingerprint
    parts.pop('y_val')
    np.savez(tmp_path / 'q.npz', classes=stored['classes'], **parts)
    message = refused(ShapePack, tmp_path / 'q.npz', split='all')
    assert "q.npz has no array 'y_val', which its other splits have" in message


def test_names_may_be_bytes_and_labels_names(tmp_path):
    plain = ShapePack(write_pack(tmp_path / 'p.npz'))
    stored = np.load(tmp_path / 'p.npz')
    names = stored['classes'][stored['y']]
    for number, change in enumerate(
        (
            {'classes': stored['classes'].astype('S')},
            {'y': names},
            {'y': names.astype('S')[:, None], 'classes': stored['classes'][:, None]},
            {'y': names, 'classes': None},
            {'y': stored['y'].astype(np.float32)[:, None]},
        )
    ):
        assert ShapePack(write_pack(tmp_path / f'{number}.npz', **change)).fingerprint == plain.fingerprint


def test_labels_of_names_are_the_same_in_every_split(tmp_path):
    points = np.random.default_rng(0).random((4, 7, 3))
    splits = {'pts_train': points[:2], 'y_train': ['b', 'c'], 'pts_test': points[2:], 'y_test': ['a', 'c']}
    np.savez(tmp_path / 'p.npz', **splits)
    for split, labels in {'train': [1, 2], 'test': [0, 2], 'all': [1, 2, 0, 2]}.items():
        dataset = ShapePack(tmp_path / 'p.npz', split=split)
        assert dataset.classes == ('a', 'b', 'c')
        assert dataset.labels.tolist() == labels


def test_names_and_categories_come_from_the_meta_file(tmp_path):
    rows = [{'name': f'Thing {index}', 'room': 'Kitchen' if index % 2 else 'Bath'} for index in range(20)]
    (tmp_path / 'm.json').write_text(json.dumps(rows))
    pack = write_pack(tmp_path / 'p.npz', y=None, classes=None)
    dataset = ShapePack(pack, split='test', texts=True, meta=tmp_path / 'm.json', class_key='room')
    assert dataset.classes == ('Bath', 'Kitchen')
    assert dataset.labels.tolist() == [0, 1, 0, 1]
    assert dataset.__getitems__([0, 1])['text'] == ['Thing 0', 'Thing 5']


def test_a_pack_without_labels_has_none(tmp_path):
    dataset = ShapePack(write_pack(tmp_path / 'p.npz', y=None, classes=None), split='all')
    assert dataset.classes == ()
    assert set(dataset.labels) == {-1}
    assert set(dataset[0]) == {'points', 'index'}


def test_the_fingerprint_follows_the_content_and_not_the_file(tmp_path, monkeypatch):
    pack = write_pack(tmp_path / 'p.npz')
    copy = write_pack(tmp_path / 'q.npz')
    other = write_pack(tmp_path / 'r.npz', seed=1)
    renamed = write_pack(tmp_path / 's.npz', classes=np.array(['a', 'b', 'c']))
    np.savez(tmp_path / 'v.npz', views=np.zeros((20, 1, 4, 4), dtype=np.uint8))
    assert ShapePack(pack).fingerprint == ShapePack(copy).fingerprint
    different = [ShapePack(pack), ShapePack(pack, split='test'), ShapePack(other), ShapePack(renamed)]
    different.append(ShapePack(pack, tmp_path / 'v.npz'))
    assert len({dataset.fingerprint for dataset in different}) == 5
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))
    built = DATASETS.build({'type': 'ShapePack', 'points': 'p.npz', 'split': 'train'})
    assert built.fingerprint == ShapePack(pack).fingerprint


BAD_PACKS = {
    'no pts': ({'pts': None}, r"p\.npz is no pack: .*'y'"),
    'no split': ({'test': None}, r"p\.npz has no array 'test' .*split='all'"),
    'flat': ({'pts': np.zeros((20, 3), np.float32)}, r"p\.npz: array 'pts' .*float32 \(16, 3\)"),
    'integers': ({'pts': np.zeros((20, 5, 3), np.int32)}, r"p\.npz: array 'pts' .*int32"),
    'nan': ({'pts': np.full((20, 5, 3), np.nan, np.float16)}, r"p\.npz: array 'pts' has NaN .* 16 rows"),
    'short labels': ({'y': np.zeros(7, np.uint8)}, r"p\.npz: array 'y' must be 20 labels, one an object"),
    'a wrong label elsewhere': ({'y': np.array([3, *[0] * 19])}, r"p\.npz: array 'y' has the label 3 in row 0"),
    'a table of classes': ({'classes': np.array([['a', 'b'], ['c', 'd']])}, r"p\.npz: array 'classes' must be a list"),
    'three flags': ({'test': np.arange(20) % 3}, r"p\.npz: array 'test' has '2', expected train, val and test"),
    'one split': ({'test': np.ones(20, bool)}, r"p\.npz has no objects of split 'train', it has test"),
    'both layouts': ({'pts_train': np.zeros((2, 4, 3))}, r'p\.npz is no pack: it has both pts and pts_train'),
    'no classes': ({'classes': None}, r"p\.npz has no array 'classes'"),
    'short mask': ({'test': np.zeros(3, bool)}, r"p\.npz: array 'pts' has 20 rows where array 'test' has 3"),
}


@pytest.mark.parametrize('change, message', BAD_PACKS.values(), ids=BAD_PACKS.keys())
def test_a_wrong_pack_is_one_readable_line(tmp_path, change, message):
    write_pack(tmp_path / 'p.npz', **change)
    assert re.search(message, refused(ShapePack, tmp_path / 'p.npz', split='train'))


def test_wrong_arguments_are_usage_errors(tmp_path):
    pack, bare = write_pack(tmp_path / 'p.npz'), write_pack(tmp_path / 'q.npz', y=None)
    words = "p.npz: there is no split 'dev'; choose one of train, val, test, all"
    assert words in refused(ShapePack, pack, split='dev')
    assert "p.npz has no objects of split 'val', it has train, test" in refused(ShapePack, pack, split='val')
    assert 'q.npz has no classes to make captions of' in refused(ShapePack, bare, texts=True)


def test_views_of_another_set_are_found_out(tmp_path):
    pack = write_pack(tmp_path / 'p.npz')
    views = np.zeros((20, 1, 4, 4), dtype=np.uint8)
    cases = {
        r"v\.npz has no array 'views'; it has other": {'other': views},
        r"v\.npz: array 'views' must be uint8 \(20, V": {'views': views.astype(np.float32)},
        r"v\.npz: array 'views' must be uint8": {'views': views[:7]},
        r"v\.npz and .*p\.npz differ in 'id' in 20 rows": {'views': views, 'id': np.array(['x'] * 20)},
    }
    for message, arrays in cases.items():
        np.savez(tmp_path / 'v.npz', **arrays)
        assert re.search(message, refused(ShapePack, pack, tmp_path / 'v.npz', 'all'))
    # Ids are compared as texts.
    np.savez(tmp_path / 'v.npz', views=views, id=np.load(pack)['id'].astype('S'))
    assert ShapePack(pack, tmp_path / 'v.npz', 'all').num_views == 1


def test_a_wrong_meta_file_names_row_and_entry(tmp_path):
    pack = write_pack(tmp_path / 'p.npz')
    rows = [{'name': 'a', 'category': 'b'}] * 20
    cases = [
        ({'rows': rows}, 'm.json must be a JSON list'),
        (rows[:3], 'm.json has 3 rows where'),
        ([*rows[:19], {'name': 'a'}], "m.json: row 19 has no entry 'category'"),
    ]
    for content, message in cases:
        (tmp_path / 'm.json').write_text(json.dumps(content))
        for split in ('all', 'train'):
            assert message in refused(ShapePack, pack, split=split, meta=tmp_path / 'm.json')


NAMED = {'split': 'all', 'meta': 'meta.json'}
COMMONS = {**NAMED, 'images': 'views112.npz', 'texts': 'name and category'}
BASEPLATE = 'baseplate 16 x 30 with set 080 yellow house studs'


@pytest.mark.parametrize(
    ('folder', 'num_points', 'options', 'objects', 'views', 'side', 'text'),
    [
        ('shapedb69', 2048, {'split': 'test', 'images': 'views112.npz'}, 493, 4, 112, 'aircraft buoyant'),
        ('modelnet10', 1024, {'split': 'test'}, 907, 0, 0, 'bathtub'),
        ('sweethome3d', 2048, {**NAMED, 'images': 'images.npz', 'image_key': 'icon'}, 912, 1, 128, 'Armchair'),
        ('commons/everyday', 1024, COMMONS, 6633, 2, 112, '180 twist, props'),
        ('commons/ldraw', 1024, COMMONS, 6639, 1, 112, BASEPLATE),
    ],
)
def test_real_packs_are_read(folder, num_points, options, objects, views, side, text):
    root = shared_file('data', *folder.split('/'))
    files = {key: root / options[key] for key in ('images', 'meta') if key in options}
    dataset = ShapePack(root / f'points{num_points}.npz', **{'texts': True, **options, **files})
    assert (len(dataset), dataset.num_views) == (objects, views)
    batch = dataset.__getitems__([0, objects - 1])
    assert batch['points'].shape == (2, num_points, 3)
    assert not views or batch['image'].shape == (2, 3, side, side)
    assert batch['text'][0] == text
