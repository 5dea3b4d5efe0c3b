from __future__ import annotations

import re

import pytest

from tests.refusals import refused
from zoo.datasets.meshes.scan import find_classes, find_meshes


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_meshes_are_found_at_any_depth_and_hidden_ones_are_not(tmp_path):
    touch(tmp_path, 'b/x.OBJ', 'a/deep/er/y.off', 'c.stl')
    touch(tmp_path, 'b/notes.txt', 'b/.x.obj', '.git/z.obj', '__MACOSX/z.obj', 'b/._x.obj')
    assert find_meshes(tmp_path) == ['a/deep/er/y.off', 'b/x.OBJ', 'c.stl']
    assert 'no folder' in refused(find_meshes, tmp_path / 'c.stl')


def test_links_in_a_circle_do_no_harm(tmp_path):
    touch(tmp_path, 'a/x.obj')
    (tmp_path / 'a' / 'loop').symlink_to(tmp_path)
    touch(tmp_path.parent / f'{tmp_path.name}-elsewhere', 'y.obj')
    (tmp_path / 'b').symlink_to(tmp_path.parent / f'{tmp_path.name}-elsewhere')
    assert find_meshes(tmp_path) == ['a/x.obj', 'b/y.obj']


def listed(root, objects='auto'):
    return {(item.part, item.class_name, item.title): item.name for item in find_classes(root, objects).found}


def test_classes_parts_and_titles(tmp_path):
    touch(
        tmp_path, 'chair/train/one.obj', 'chair/test/two/model.obj', 'sofa/val/a.b.off', 'sofa/train.ply', 'bed/x/y.stl'
    )
    assert find_classes(tmp_path).classes == ('bed', 'chair', 'sofa')
    assert listed(tmp_path) == {
        ('', 'bed', 'x'): 'bed/x/y.stl',
        ('test', 'chair', 'two'): 'chair/test/two/model.obj',
        ('train', 'chair', 'one'): 'chair/train/one.obj',
        ('', 'sofa', 'train'): 'sofa/train.ply',
        ('val', 'sofa', 'a.b'): 'sofa/val/a.b.off',
    }


@pytest.mark.parametrize(('train', 'val', 'test'), [('train', 'val', 'test'), ('Training_set', 'VALID', 'TEST')])
def test_splits_stand_above_the_classes_or_within_them(tmp_path, train, val, test):
    expected = set()
    for part, folder in (('train', train), ('val', val), ('test', test)):
        for name in ('chair', 'train'):  # the vehicle
            touch(tmp_path, f'above/{folder}/{name}/a.obj', f'within/{name}/{folder}/a.obj')
            touch(tmp_path, f'above/{folder}/{name}/o/models/model.obj', f'within/{name}/{folder}/o/models/model.obj')
            expected |= {(part, name, 'a'), (part, name, 'o')}
    for place in ('above', 'within'):
        assert set(listed(tmp_path / place)) == expected
        assert find_classes(tmp_path / place).classes == ('chair', 'train')


def test_a_split_alone_and_a_class_of_vehicles(tmp_path):
    touch(tmp_path, 'one/train/chair/a.obj', 'one/train/sofa/a.obj', 'one/docs/readme.txt')
    assert set(listed(tmp_path / 'one')) == {('train', 'chair', 'a'), ('train', 'sofa', 'a')}
    assert find_classes(tmp_path / 'one').remarks == ()
    touch(tmp_path, 'two/train/a.obj', 'two/train/b/model.obj', 'two/bus/c.obj')
    assert set(listed(tmp_path / 'two')) == {('', 'train', 'a'), ('', 'train', 'b'), ('', 'bus', 'c')}


@pytest.mark.parametrize(
    ('names', 'words'),
    [
        (['train/chair/a.obj', 'test/chair/b.obj', 'chair/c.obj'], 'has test, train beside chair: move'),
        (['train/chair/a.obj', 'chair/c.obj'], 'has train beside chair'),
        (['train/chair/a.obj', 'eval/chair/c.obj'], 'has train beside eval'),
        (['test/a.obj', 'chair/c.obj'], 'has test beside chair'),
        (['train/a.obj', 'test/b.obj'], r'test/b\.obj is in no class: expected'),
        (['train/chair/a.obj', 'Train/chair/b.obj'], "are both the split 'train'"),
        (['val/chair/a.obj', 'validation/chair/b.obj'], "are both the split 'val'"),
        (['chair/train/a.obj', 'chair/training/b.obj'], "chair/training are both the split 'train'"),
        (['train/chair/test/a.obj'], "the split 'test' is too far down"),
        (
            ['data/train/chair/a.obj', 'data/test/chair/b.obj'],
            r'one class, whose splits have the same objects: .*/data$',
        ),
        (['data/chair/train/a.obj'], "the split 'train' is too far down"),
        (['data/chair/a.obj', 'data/chair/b.obj'], r'data/chair/a\.obj and b\.obj: are they one object\?'),
        (['train/Chair/a.obj', 'test/chair/a.obj'], 'Chair and chair, which differ in spelling alone'),
        (['night_stand/a.obj', 'NightStand/a.obj'], 'NightStand and night_stand, which differ'),
    ],
)
def test_what_may_mean_two_things_is_refused_in_one_line(tmp_path, names, words):
    touch(tmp_path, *names)
    assert re.search(words, refused(find_classes, tmp_path))


def test_what_is_left_out_is_said(tmp_path):
    touch(tmp_path, 'train/chair/a.obj', 'train/lamp/a.fbx', 'test/chair/a.obj', 'test/sofa/b.obj', 'train/.git/x.fbx')
    touch(tmp_path, 'train/bed/a.obj')
    (tmp_path / 'val').mkdir()
    said = '\n'.join(find_classes(tmp_path).remarks)
    assert 'val (empty), train/lamp (.fbx)' in said
    assert '1 classes have no object in train: sofa' in said
    assert '1 objects have the name of one in another split, are they the same? chair/a' in said
    touch(tmp_path / 'plain', 'chair/a.obj', 'chair/a.stl', 'lamp/textures/a.png', 'train.txt')
    said = '\n'.join(find_classes(tmp_path / 'plain').remarks)
    assert 'lamp (.png)' in said
    assert 'splits are not those of train.txt' in said
    assert '1 meshes are left out, as one of every object is read, the first: chair/a.stl beside chair/a.obj' in said


def test_a_folder_without_classes(tmp_path):
    assert 'holds no meshes' in refused(find_classes, tmp_path)
    touch(tmp_path, 'chair/a.obj', 'b.obj')
    assert 'b.obj is in no class' in refused(find_classes, tmp_path)
