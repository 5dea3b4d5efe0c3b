from __future__ import annotations

import pytest

from zoo.datasets.meshes.scan import find_classes, find_meshes
from zoo.errors import UsageError


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_meshes_are_found_at_any_depth_and_hidden_ones_are_not(tmp_path):
    touch(tmp_path, 'b/x.OBJ', 'a/deep/er/y.off', 'c.stl', 'b/notes.txt', 'b/.x.obj', '.git/z.obj', '__MACOSX/z.obj')
    assert find_meshes(tmp_path) == ['a/deep/er/y.off', 'b/x.OBJ', 'c.stl']
    with pytest.raises(UsageError, match='no folder'):
        find_meshes(tmp_path / 'c.stl')


def test_links_in_a_circle_do_no_harm(tmp_path):
    touch(tmp_path, 'a/x.obj')
    (tmp_path / 'a' / 'loop').symlink_to(tmp_path)
    touch(tmp_path.parent / f'{tmp_path.name}-elsewhere', 'y.obj')
    (tmp_path / 'b').symlink_to(tmp_path.parent / f'{tmp_path.name}-elsewhere')
    assert find_meshes(tmp_path) == ['a/x.obj', 'b/y.obj']


def test_classes_parts_and_titles(tmp_path):
    touch(
        tmp_path, 'chair/train/one.obj', 'chair/test/two/model.obj', 'sofa/val/a.b.off', 'sofa/train.ply', 'bed/x/y.stl'
    )
    classes, found = find_classes(tmp_path)
    assert classes == ('bed', 'chair', 'sofa')
    assert [(item.class_name, item.part, item.title) for item in found] == [
        ('bed', '', 'x/y'),
        ('chair', 'test', 'two/model'),
        ('chair', 'train', 'one'),
        ('sofa', '', 'train'),
        ('sofa', 'val', 'a.b'),
    ]


def test_a_folder_without_classes(tmp_path):
    with pytest.raises(UsageError, match='holds no meshes'):
        find_classes(tmp_path)
    touch(tmp_path, 'chair/a.obj', 'b.obj')
    with pytest.raises(UsageError, match=r'b\.obj is in no class'):
        find_classes(tmp_path)
