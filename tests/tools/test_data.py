"""The command line of datasets: what it prints, and how it ends."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.datasets.layouts.writers_h5 import change_table, write_scanobjectnn
from tests.datasets.meshes.solids import save_box
from tests.datasets.sweethome3d.furniture import CUBE, catalogue, piece, save_deb
from tests.layouts import write_pack, write_shapenet55
from tests.shared import shared_file
from zoo.datasets.prepared import MappedPack


@pytest.mark.slow
def test_check_proves_the_shared_lists(tool):
    code, out, _ = tool('check', shared_file('data', 'lists'))
    assert code == 0, out
    for proven in ('9,843 train and 2,468 test', '3,991 train and 908 test', '41,952 train and 10,518 test'):
        assert proven in out
    assert '12,137 train, 1,870 val and 2,874 test names of 16 classes' in out


def test_list_names_everything_and_where_it_is(tool, tmp_path):
    write_shapenet55(tmp_path, 4, num_points=8)
    code, out, _ = tool('list')
    assert code == 0
    assert f'data root: {tmp_path}' in out
    (row,) = [line for line in out.splitlines() if line.startswith('shapenet55 ')]
    assert row.split()[-2:] == ['yes', 'ShapeNet55-34']
    assert 'terms of ShapeNet' in out


def test_a_wrong_name_is_answered_with_the_known_ones(tool):
    code, out, errors = tool('check', 'shapenet5')
    assert (code, out) == (2, '')
    assert 'did you mean shapenet55? Known are procedural, ' in errors


def test_a_sound_pack_passes(tool, tmp_path):
    path = write_pack(tmp_path / 'pack.npz')
    code, out, errors = tool('check', path, '--json', tmp_path / 'report.json')
    assert (code, errors) == (0, '')
    assert out.splitlines()[-1] == f'{path}: right'
    assert json.loads((tmp_path / 'report.json').read_text())['parts']['train']['objects'] == 16


def test_the_built_in_set_passes(tool):
    options = ('num_objects=129', 'num_points=64')
    code, out, _ = tool('check', 'procedural', '--options', *options)
    assert code == 0, out
    assert 'train: 129 objects; 43 classes of 3; 64 points; fill the unit sphere' in out


def test_a_set_that_is_not_what_it_says_fails(tool, tmp_path):
    write_scanobjectnn(tmp_path, num_points=16)
    code, out, errors = tool('check', 'scanobjectnn-obj_bg')
    assert (code, errors) == (1, '')
    assert 'failed  train: 18 objects, 2,309 were published' in out


def test_strict_takes_warnings_for_failures(tool, tmp_path):
    pts = np.random.default_rng(0).uniform(-1, 1, (6, 8, 3))
    pts[2] = pts[1]
    path = write_pack(tmp_path / 'pack.npz', 6, pts=pts)
    assert tool('check', path)[0] == 0
    assert tool('check', path, '--strict')[0] == 1


def test_damage_is_one_line(tool, tmp_path):
    path = write_scanobjectnn(tmp_path, num_points=16) / 'main_split' / 'training_objectdataset.h5'
    change_table(path, 'label', np.full(18, 15))
    code, _, errors = tool('check', 'scanobjectnn-obj_bg', '--json', tmp_path / 'report.json')
    assert code == 2
    assert str(path) in errors
    report = json.loads((tmp_path / 'report.json').read_text())
    assert 'damaged' in {finding['level'] for finding in report['findings']}


def test_the_fingerprint_is_stable_and_follows_the_content(tool, tmp_path):
    folder = write_shapenet55(tmp_path, 8, num_points=16)
    first = tool('fingerprint', 'shapenet55', '--content')
    assert first[0] == 0
    assert [line.split()[:2] for line in first[1].splitlines()[1:]] == [['train', '6'], ['test', '2']]
    assert tool('fingerprint', folder, '--content') == first
    assert tool('fingerprint', 'shapenet55', '--content', '--data-root', tmp_path) == first
    path = sorted((folder / 'shapenet_pc').iterdir())[0]
    np.save(path, np.load(path)[::-1] * np.float32(1.5))
    assert tool('fingerprint', 'shapenet55', '--content')[1] != first[1]


def test_prepare_writes_a_pack_that_check_and_fingerprint_take(tool, tmp_path):
    write_shapenet55(tmp_path, 8, num_points=16)
    code, out, errors = tool('prepare', 'shapenet55', '--workers', 1)
    assert code == 0, errors
    assert '8 objects with points, classes' in out
    assert 'terms of ShapeNet' in out
    assert tool('check', tmp_path / 'packs' / 'shapenet55')[0] == 0
    assert tool('fingerprint', 'packs/shapenet55')[0] == 0
    assert 'packs/shapenet55: 6 train, 2 test' in tool('list')[1]


def test_meshes_are_checked_prepared_and_rendered(tool, tmp_path):
    folder = tmp_path / 'meshes'
    for name, height in (('train/box/a', 1), ('train/box/b', 2), ('test/box/c', 3), ('test/box/copy', 1)):
        save_box(folder / f'{name}.off', 1, 1, height)
    options = ('--options', 'num_points=64')
    code, out, _ = tool('check', folder, *options)
    assert (code, 'failed  test: 1 cloud of test is in train too (leakage)' in out) == (1, True)
    (folder / 'test' / 'box' / 'copy.off').unlink()
    assert tool('check', folder, *options)[0] == 0
    assert tool('prepare', folder, '--out', tmp_path / 'pack', *options)[0] == 0
    assert MappedPack(tmp_path / 'pack', 'test').classes == ('box',)
    (folder / 'test' / 'box' / 'broken.off').write_text('OFF\n8 6 0\n0 0')
    code, _, errors = tool('check', folder, *options)
    assert code == 2
    assert 'broken.off' in errors.splitlines()[-1]
    sizes = ('--points', 32, '--views', 1, '--image-size', 24, '--workers', 1)
    code, out, _ = tool('render', folder, '--out', tmp_path / 'out', *sizes)
    assert code == 0
    assert '3 meshes rendered' in out
    assert 'broken.off' in out
    assert (tmp_path / 'out' / 'train' / 'box' / 'a_0.png').is_file()
    save_box(folder / 'stool' / 'd.off', 1, 1, 4)
    for command in ('check', 'fingerprint', 'prepare'):
        code, _, errors = tool(command, folder)
        assert (code, 'has test, train beside stool: move stool into a split' in errors) == (2, True)


def test_furniture_from_a_package_keeps_and_prints_its_licences(tool, tmp_path):
    models = {f'toys__{name}.obj': CUBE + '\n' * number for number, name in enumerate('abcdefghij')}
    pieces = [piece(name, model=f'/toys/{name}.obj') for name in 'abcdefghij']
    deb = save_deb(tmp_path / 'toys.deb', {'a/Toys.sh3f': catalogue(pieces, **models)})
    sizes = ('num_points=32', 'views=1', 'image_size=24', 'workers=1')
    code, out, _ = tool('prepare', 'sweethome3d', '--deb', deb, '--workers', 1, '--options', *sizes)
    assert code == 0
    assert '10 objects with points, pictures, classes' in out
    assert '10  CC-BY-3.0-US    Anna (10)' in out
    pack = tmp_path / 'packs' / 'sweethome3d'
    attribution = (pack / 'ATTRIBUTION.md').read_text()
    assert all(f'| {name.upper()} | Toys#{name} | Anna |' in attribution for name in 'abcdefghij')
    dataset = MappedPack(pack, 'test', images=True, texts=True)
    assert {dataset.info(index)['licence'] for index in range(len(dataset))} == {'CC-BY-3.0-US'}
    assert dataset[0]['image'].shape == (3, 24, 24)
    assert tool('check', pack)[0] == 0


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ((), 'COMMAND'),
        (('frobnicate',), 'invalid choice'),
        (('check',), 'NAME|PATH'),
        (('check', 'procedural', '--options', 'color'), 'expected KEY=VALUE'),
        (('check', 'procedural', '--options', 'color=red'), "ProceduralShapes has no option 'color': it has split"),
        (('check', 'procedural', '--limit', '0', '--options', 'num_objects=2'), '--limit must be at least 1'),
        (('prepare', 'shapenet55', '--deb', 'a.deb'), '--from is for the collections'),
        (('prepare', 'sweethome3d', '--deb', 'nowhere.deb'), 'nowhere.deb'),
        (('render', 'nowhere', '--out', 'x'), 'nowhere is no folder'),
        (('fingerprint', 'shapenet55'), 'lacks ShapeNet-55/train.txt'),
        (('prepare', 'shapenet55'), 'lacks ShapeNet-55/train.txt'),
    ],
)
def test_wrong_usage_is_one_line(tool, arguments, message):
    code, out, errors = tool(*arguments)
    assert (code, out) == (2, '')
    assert message in errors
