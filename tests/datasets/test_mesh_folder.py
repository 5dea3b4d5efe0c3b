from __future__ import annotations

import json
import logging
import shutil

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tests.datasets.meshes.solids import save_box
from tests.refusals import refused
from zoo.datasets.mesh_folder import MeshFolder, caption_of
from zoo.registry import DATASETS

SUFFIXES = ('obj', 'off', 'ply', 'stl', 'glb')
OPTIONS = {'num_points': 64, 'image_size': 16, 'views': 2}


@pytest.fixture
def root(tmp_path):
    """Two classes without splits: flat boxes and tall ones."""
    for number in range(10):
        save_box(
            tmp_path / 'data' / 'night_stand' / f'oak_{number:02d}.{SUFFIXES[number % 5]}', 2, 0.2 + number / 20, 1
        )
    for number in range(5):
        save_box(tmp_path / 'data' / 'Tower' / f'tower{number}.{SUFFIXES[number]}', 0.5, 3, 0.3 + number / 20)
    return tmp_path / 'data'


def test_batches_have_all_modalities(root):
    data = MeshFolder(root, 'all', images=True, texts=True, **OPTIONS)
    assert data.classes == ('Tower', 'night_stand')
    assert data.labels.tolist() == [0] * 5 + [1] * 10
    batch = data.__getitems__([0, 14])
    assert batch['points'].shape == (2, 64, 3)
    assert batch['image'].shape == (2, 3, 16, 16)
    assert batch['text'] == ['tower', 'night stand, oak']
    assert batch['label'].tolist() == [0, 1]
    assert data.num_views == 2
    assert np.ptp(data.points(0), axis=0).argmax() == 1
    assert np.allclose(np.linalg.norm(data.normals(3), axis=1), 1, atol=1e-6)
    assert data.colors(3).shape == (64, 3)
    assert json.loads(json.dumps(data.info(0))) == {'id': 'Tower/tower0.obj'}
    assert data.source(0) == str(root / 'Tower' / 'tower0.obj')
    loader = DataLoader(data.subset([3, 1]), batch_size=2, collate_fn=data.collate)
    assert torch.equal(next(iter(loader))['points'][1], torch.from_numpy(data.points(1)))


def test_a_config_builds_it_below_the_data_root(root, monkeypatch):
    monkeypatch.setenv('ZOO_DATA', str(root.parent))
    data = DATASETS.build({'type': 'MeshFolder', 'root': 'data', 'split': 'test', 'num_points': 8})
    assert len(data) == 3
    assert data.num_views == 0
    assert 'no images' in refused(data.image, 0, 0)


def test_splits_are_stratified_disjoint_and_seeded(root):
    names = {}
    for seed in (0, 1):
        for split in ('train', 'test', 'all'):
            data = MeshFolder(root, split, num_points=8, seed=seed)
            names[seed, split] = [data.info(index)['id'] for index in range(len(data))]
        assert sorted(names[seed, 'train'] + names[seed, 'test']) == names[seed, 'all']
        assert [name.split('/')[0] for name in names[seed, 'test']] == ['Tower', 'night_stand', 'night_stand']
    assert names[0, 'test'] != names[1, 'test']
    counts = [len(MeshFolder(root, 'test', num_points=8, test_fraction=f)) for f in (0.01, 0.5, 0.99)]
    assert counts == [2, 7, 13]  # one of each class at least, and one is left
    assert 'val' in refused(MeshFolder, root, 'val')


def test_a_broken_mesh_moves_no_other_one_to_another_split(root):
    before = MeshFolder(root, 'test', num_points=8)
    kept = [before.info(index)['id'] for index in range(len(before))]
    (root / kept[0]).write_bytes(b'')
    after = MeshFolder(root, 'test', num_points=8)
    assert [after.info(index)['id'] for index in range(len(after))] == kept[1:]
    assert list(after.broken) == kept[:1]


def test_folders_of_splits_are_followed(tmp_path):
    names = [f'tower/{split}/{name}.off' for split, some in (('test', 'ab'), ('train', 'cde')) for name in some]
    for number, name in enumerate(names):
        save_box(tmp_path / name, 1, 1, 1 + number)
    for split, expected in {'test': names[:2], 'train': names[2:], 'all': names}.items():
        data = MeshFolder(tmp_path, split, num_points=8)
        assert [data.info(index)['id'] for index in range(len(data))] == expected
    save_box(tmp_path / 'tower' / 'stray.off', 1, 1, 1)
    assert 'stray.off is in no folder' in refused(MeshFolder, tmp_path, 'train', num_points=8)


@pytest.mark.parametrize('layout', ['folders', 'formats'])
def test_no_object_is_in_train_and_test(tmp_path, layout, caplog):
    names = {
        'folders': ('/textured.obj', '/nontextured.ply', '/collision.obj'),
        'formats': ('.obj', '.stl', '_low.ply'),
    }
    for number in range(10):
        for ending in names[layout]:
            save_box(tmp_path / 'chair' / f'b{number}{ending}', 1, 1, 1 + number)
    with caplog.at_level(logging.WARNING):
        sets = {split: MeshFolder(tmp_path, split, num_points=8) for split in ('train', 'test')}
    ids = {split: {data.info(index)['id'] for index in range(len(data))} for split, data in sets.items()}
    assert {split: len(found) for split, found in ids.items()} == {'train': 8, 'test': 2}
    assert ids['train'] | ids['test'] == {f'chair/b{number}{names[layout][0]}' for number in range(10)}
    assert '20 meshes are left out, as one of every object is read' in caplog.text
    assert MeshFolder(tmp_path, 'all', num_points=8, texts=True).caption(0) == 'chair'


def test_equal_folders_give_equal_data_and_others_do_not(root, tmp_path):
    one = MeshFolder(root, 'all', images=True, **OPTIONS)
    shutil.copytree(root, tmp_path / 'copy')
    two = MeshFolder(tmp_path / 'copy', 'all', images=True, cache_dir=tmp_path / 'cache', **OPTIONS)
    assert one.fingerprint == two.fingerprint
    for index in range(len(one)):
        assert np.array_equal(one.points(index), two.points(index))
        assert np.array_equal(one.image(index, 1), two.image(index, 1))
    save_box(root / 'Tower' / 'tower0.obj', 9, 1, 1)
    prints = {one.fingerprint, MeshFolder(root, 'all', images=True, **OPTIONS).fingerprint}
    prints |= {MeshFolder(root, 'all', num_points=n, up=up).fingerprint for n, up in ((64, 'y'), (65, 'y'), (64, 'z'))}
    assert len(prints) == 5


def test_broken_meshes_are_left_out_or_raised(root, caplog):
    for number in range(7):
        (root / 'Tower' / f'bad{number}.obj').write_text('v 0 0 0\nf 1 2 3\n', encoding='utf-8')
    with caplog.at_level(logging.WARNING):
        data = MeshFolder(root, 'all', num_points=8)
    assert len(data) == len(data.labels) == 15
    assert len(data.broken) == 7
    assert '7 of 22 meshes are broken' in caplog.text
    assert str(root / 'Tower' / 'bad0.obj') in caplog.text
    assert 'and 2 more' in caplog.text
    assert 'bad0.obj' in refused(MeshFolder, root, 'all', num_points=8, on_error='raise')
    for path in [*(root / 'night_stand').iterdir(), *(root / 'Tower').glob('tower*')]:
        path.write_bytes(b'')
    assert 'none of 22 meshes' in refused(MeshFolder, root, 'all', num_points=8)


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        ({'split': 'dev'}, 'dev'),
        ({'on_error': 'ignore'}, 'ignore'),
        ({'objects': 'scene'}, 'scene'),
        ({'test_fraction': 1.5}, '1.5'),
        ({'views': 0, 'images': True}, 'views'),
        ({'root': 'none'}, 'no folder'),
    ],
)
def test_wrong_options_are_named(root, options, words):
    assert words in refused(MeshFolder, **{'root': root, **options})


@pytest.mark.parametrize(
    ('class_name', 'title', 'caption'),
    [
        ('chair', 'chair_0001', 'chair'),
        ('chair', 'red_office_chair_03', 'chair, red office'),
        ('night_stand', 'NightStand-oak.v2', 'night stand, oak'),
        ('chair', '1a6f615e8b1b5ae4dbbc9440457e303e', 'chair'),
        ('Sofa', 'leatherSofa', 'sofa, leather'),
        ('chair', 'model', 'chair'),
        ('chair', 'textured_mesh', 'chair'),
        ('chair', 'model_normalized', 'chair'),
        ('chair', 'Untitled-3', 'chair'),
        ('coffee-table', 'coffee-table', 'coffee table'),
        ('coffee-table', 'oakCoffeeTable', 'coffee table, oak'),
        ('coffeetable', 'coffee_table_1', 'coffeetable'),
        ('coffee_table', 'coffeetable_1', 'coffee table'),
        ('chairs', 'red_chair_12', 'chairs, red'),
        ('chair', 'chairs7', 'chair'),
        ('chair', '1a2b3c4d-dead-beef-cafe-0123456789ab', 'chair'),
        ('chair', 'B07B4MBW8N', 'chair'),
        ('chair', 'abcdef01', 'chair'),
        ('chair', '0042', 'chair'),
        ('chair', 'redOffice01', 'chair, red office'),
        ('chair', 'aBcDeFgH', 'chair'),
    ],
)
def test_captions_are_words(class_name, title, caption):
    assert caption_of(class_name, title) == caption
