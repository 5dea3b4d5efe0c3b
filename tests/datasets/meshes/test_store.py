"""What is kept is what the files are: changed, damaged, cut off, it is made again."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from tests.datasets.meshes.solids import save_box
from tests.refusals import refused
from zoo.datasets.meshes import store as module
from zoo.datasets.meshes.bake import Recipe
from zoo.datasets.meshes.store import Store, as_record

RECIPE = Recipe(32)


@pytest.fixture
def meshes(tmp_path):
    paths = {name: save_box(tmp_path / 'in' / f'{name}.off', 1, 1, size) for name, size in (('a', 1), ('b', 2))}
    (tmp_path / 'in' / 'bad.off').write_text('OFF\n3 1', encoding='utf-8')
    return {**paths, 'bad': tmp_path / 'in' / 'bad.off'}


@pytest.fixture
def made(monkeypatch):
    names: list[str] = []
    original = module.bake_file
    monkeypatch.setattr(module, 'bake_file', lambda job: names.append(job['name']) or original(job))
    return names


def test_a_mesh_is_read_once(tmp_path, meshes, made):
    records = Store(tmp_path / 'kept', RECIPE).update(meshes)
    assert made == ['a', 'b', 'bad']
    assert [bool(records[name]['error']) for name in meshes] == [False, False, True]
    assert records['a']['faces'] == 12
    again = Store(tmp_path / 'kept', RECIPE)
    assert again.update(meshes) == records
    assert len(made) == 3
    assert again.array('a', 'points', meshes['a']).shape == (32, 3)


@pytest.mark.parametrize('change', ['content', 'touched', 'repaired', 'removed', 'journal', 'cut'])
def test_what_changes_is_made_again(tmp_path, meshes, made, change):
    kept = Store(tmp_path / 'kept', RECIPE)
    before = kept.update(meshes)
    made.clear()
    expected = ['a']
    if change == 'content':
        save_box(meshes['a'], 3, 1, 1)
        os.utime(meshes['a'], ns=(1, 1))
    elif change == 'touched':
        os.utime(meshes['a'], ns=(1, 1))
    elif change == 'repaired':
        save_box(meshes['bad'], 1, 1, 1)
        expected = ['bad']
    elif change == 'removed':
        kept.path('a').unlink()
    elif change == 'journal':
        kept.journal.unlink()
        expected = ['a', 'b', 'bad']
    else:
        kept.journal.write_text(kept.journal.read_text('utf-8')[:-30], encoding='utf-8')
        expected = ['bad']
    after = Store(tmp_path / 'kept', RECIPE).update(meshes)
    assert made == expected
    assert (after['a']['content'] == before['a']['content']) == (change != 'content')
    assert bool(after['bad']['error']) == (change != 'repaired')


def test_a_library_belongs_to_its_mesh(tmp_path, made):
    path = tmp_path / 'in' / 'a.obj'
    path.parent.mkdir()
    path.write_text('mtllib a.mtl\nusemtl red\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n', encoding='utf-8')
    colors, contents = [], []
    for library in (None, 'newmtl red\nKd 1 0 0\n', 'newmtl red\nKd 0 0 1\n'):
        if library:
            (tmp_path / 'in' / 'a.mtl').write_text(library, encoding='utf-8')
            os.utime(tmp_path / 'in' / 'a.mtl', ns=(1, len(colors)))
        kept = Store(tmp_path / 'kept', RECIPE)
        contents.append(kept.update({'a': path})['a']['content'])
        colors.append(kept.array('a', 'colors', path)[0].tolist())
    assert colors == [[166] * 3, [255, 0, 0], [0, 0, 255]]
    assert len(set(contents)) == 3
    assert len(made) == 3


def test_a_damaged_file_is_made_again_when_it_is_read(tmp_path, meshes, made):
    kept = Store(tmp_path / 'kept', RECIPE)
    kept.update(meshes)
    points = kept.array('a', 'points', meshes['a'])
    whole = kept.path('a').read_bytes()
    for content in (b'', b'no archive', whole[:-400]):
        kept.path('a').write_bytes(content)
        assert np.array_equal(kept.array('a', 'points', meshes['a']), points)
        assert kept.path('a').read_bytes() == whole
    kept.path('a').unlink()
    meshes['a'].unlink()
    assert 'a.off' in refused(kept.array, 'a', 'points', meshes['a'])


def test_a_folder_that_cannot_be_written_is_named(tmp_path, meshes):
    (tmp_path / 'file').write_text('in the way', encoding='utf-8')
    assert 'ZOO_HOME' in refused(Store, tmp_path / 'file' / 'kept', RECIPE)
    kept = Store(tmp_path / 'kept', RECIPE)
    kept.path('a').mkdir()  # nothing can be moved over a folder
    (kept.path('a') / 'x').write_text('', encoding='utf-8')
    assert 'cannot write' in refused(kept.update, meshes)


def test_a_mesh_whose_reader_died_is_broken(tmp_path, meshes):
    record = as_record({'name': 'a', 'path': str(meshes['a']), 'died': 'signal 9'})
    assert 'signal 9' in record['error']
    kept = Store(tmp_path / 'kept', RECIPE)
    kept.add(record)
    assert kept.update({'a': meshes['a']})['a'] == record  # until the file changes, it is not tried again
    assert record.items() <= json.loads(kept.journal.read_text('utf-8')).items()
