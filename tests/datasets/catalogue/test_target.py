"""What a name or a path on the command line means."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.datasets.layouts.writers_h5 import write_scanobjectnn
from tests.layouts import write_pack, write_shapenet55
from tests.refusals import refused
from zoo.datasets.catalogue.target import parse_options, resolve_target


def kinds(target):
    return {name: (config['type'], config['split']) for name, config in target.parts.items()}


def test_a_name(tmp_path):
    target = resolve_target('shapenet55', data_root=tmp_path)
    assert kinds(target) == {'train': ('ShapeNet55', 'train'), 'test': ('ShapeNet55', 'test')}
    assert target.parts['train']['data_root'] == str(tmp_path)
    assert target.folder is None
    write_shapenet55(tmp_path, 4, num_points=8)
    assert resolve_target('shapenet55', data_root=tmp_path).folder == tmp_path / 'ShapeNet55-34'
    assert target.candidates()['test'].expected == 10518


def test_options_that_choose_other_objects_have_no_published_number(tmp_path):
    target = resolve_target('shapenet55', data_root=tmp_path, options={'fraction': 0.5, 'images': True})
    assert target.parts['train']['fraction'] == 0.5
    assert target.candidates()['train'].expected is None
    assert target.candidates()['train'].role == 'train'
    assert resolve_target('shapenet55', options={'images': True}).candidates()['train'].expected == 41952


def test_the_folder_of_a_dataset(tmp_path):
    folder = write_shapenet55(tmp_path / 'my data', 4, num_points=8)
    target = resolve_target(str(folder))
    assert target.entry.name == 'shapenet55'
    assert target.parts['train']['data_root'] == str(tmp_path / 'my data')


def test_a_folder_of_several_datasets_names_them(tmp_path):
    folder = write_scanobjectnn(tmp_path, num_points=8)
    message = refused(resolve_target, str(folder))
    assert 'holds scanobjectnn-obj_bg, ' in message
    assert f': name one of them, with --data-root {tmp_path}' in message
    assert resolve_target(str(folder / 'main_split_nobg')).entry.name == 'scanobjectnn-obj_only'


@pytest.mark.parametrize(
    ('arrays', 'splits'),
    [
        ({}, ['train', 'test']),
        ({'test': None}, ['all']),
        ({'test': np.array(['val'] * 9 + ['test'] * 11)}, ['val', 'test']),
        (
            {'pts': None, 'test': None, 'pts_train': np.zeros((2, 4, 3)), 'pts_val': np.zeros((1, 4, 3))},
            ['train', 'val'],
        ),
    ],
)
def test_an_npz_pack(tmp_path, arrays, splits):
    path = write_pack(tmp_path / 'pack.npz', **arrays)
    target = resolve_target(str(path))
    assert kinds(target) == {split: ('ShapePack', split) for split in splits}
    assert target.entry is None


def test_a_pack_below_the_data_root(tmp_path):
    write_pack(tmp_path / 'pack.npz')
    assert resolve_target('pack.npz', data_root=tmp_path).title == str(tmp_path / 'pack.npz')


def test_a_folder_of_lists(tmp_path):
    (tmp_path / 'modelnet10_test.txt').write_text('bed_0001\n')
    target = resolve_target(str(tmp_path))
    assert target.folder == tmp_path
    assert not target.parts


def test_a_folder_of_meshes(tmp_path):
    for name in ('chair/train/a.off', 'chair/test/b.off'):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text('OFF\n')
    target = resolve_target(str(tmp_path))
    assert kinds(target) == {'train': ('MeshFolder', 'train'), 'test': ('MeshFolder', 'test')}
    (tmp_path / 'chair' / 'test' / 'b.off').unlink()
    assert list(resolve_target(str(tmp_path)).parts) == ['train']
    (tmp_path / 'chair' / 'train' / 'a.off').rename(tmp_path / 'chair' / 'a.off')
    assert list(resolve_target(str(tmp_path)).parts) == ['all']
    (tmp_path / 'chair' / 'c.off').write_text('OFF\n')
    assert list(resolve_target(str(tmp_path)).parts) == ['train', 'test']


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('modelnet4', 'did you mean modelnet40? Known are procedural, '),
        ('xyzzy', 'neither a file or folder nor a known dataset: Known are procedural, '),
        ('meshes', 'is no dataset by itself: give the folder'),
    ],
)
def test_other_names(name, message):
    assert message in refused(resolve_target, name)


def test_other_files_and_folders(tmp_path):
    for name, content, words in (
        ('a.txt', 'x', 'a.txt is no .npz pack'),
        ('b.npz', 'PK', 'b.npz is not a readable'),
        ('', '', 'is no pack, no dataset of the catalogue and no folder of lists; and '),
        ('meta.json', json.dumps({'format': 'other'}), 'meta.json does not describe a pack'),
    ):
        if name:
            (tmp_path / name).write_text(content)
        assert words in refused(resolve_target, str(tmp_path if name in ('', 'meta.json') else tmp_path / name))


def test_options():
    options = parse_options(['a=1', 'b=2.5', 'c=True', 'd=None', 'e=fps', 'f=[1, 2]', 'g=', 'h=a=b'])
    assert options == {'a': 1, 'b': 2.5, 'c': True, 'd': None, 'e': 'fps', 'f': [1, 2], 'g': '', 'h': 'a=b'}
    for wrong in ('a', '=1', 'a b=1'):
        assert 'expected KEY=VALUE' in refused(parse_options, [wrong])
