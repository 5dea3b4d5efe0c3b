"""Collections as their publishers ship them: folders, zip files, Debian packages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from tests.datasets.corpus.collected import OPTIONS, base_meshes, clouds, decentraland, kicad, ldraw, zipped
from tests.datasets.meshes.solids import write_bytes
from tests.refusals import refused
from tests.shared import shared_file
from zoo.datasets import MeshCollection
from zoo.datasets.corpus.collections import COLLECTIONS


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('ZOO_DATA', str(tmp_path / 'data'))


def test_parts_of_kicad_stand_upright_one_of_each_family_with_their_licences(tmp_path):
    data = MeshCollection('kicad', kicad(tmp_path / 'deb'), images=True, texts=True, **OPTIONS)
    assert [data.info(index)['id'] for index in range(len(data))] == [
        'kicad/LED_THT.3dshapes/LED_D3.0mm.wrl',
        'kicad/LED_THT.3dshapes/LED_Square.wrl',
        'kicad/Relay.3dshapes/Relay_A.wrl',
    ]
    assert data.left_out == {'same family of names': 1, 'broken': 1}
    assert list(data.broken) == ['kicad/Relay.3dshapes/Relay_B.wrl']
    assert {data.info(index)['licence'] for index in range(3)} == {'CC-BY-SA-4.0-with-exception', 'GPL-3+'}
    assert data.info(2)['holder'] == '2017, Somebody'
    assert 'KiCad Community' in data.catalogues[0]['notice']
    extent = np.ptp(clouds(data)[2], axis=0)
    assert extent.argmax() == 1  # z of the file points up
    batch = data.__getitems__([0, 1])
    assert batch['text'] == ['led d3.0mm, led tht', 'led square, led tht']
    assert batch['image'].shape == (2, 3, 16, 16)
    assert len(MeshCollection('kicad', tmp_path / 'deb', families=False, **OPTIONS)) == 4


def test_words_of_ldraw_are_those_of_the_head_of_a_part(tmp_path):
    data = MeshCollection('ldraw', ldraw(tmp_path / 'a'), **OPTIONS)
    brick, cone = data.info(0), data.info(1)
    assert (brick['id'], brick['name'], brick['category']) == ('ldraw/parts/1.dat', 'brick 1 x 1', 'brick')
    assert (cone['caption'], cone['category'], cone['tags']) == ('cone', 'slope', ['tower', 'roof'])
    assert (brick['licence'], cone['licence'], cone['creator']) == ('CC-BY-4.0', 'CC-BY-2.0', 'Anna')
    assert data.left_out == {'no object by its source': 3}


def test_words_of_decentraland_are_those_of_its_json(tmp_path):
    data = MeshCollection('decentraland', decentraland(tmp_path / 'a'), texts='name and category', **OPTIONS)
    texts = {data.info(index)['name']: (data.caption(index), data.text(index)) for index in range(len(data))}
    assert texts['chair red'] == ('A red chair.', 'chair red, furniture')
    assert texts['chair blue'] == ('chair blue, furniture', 'chair blue, furniture')
    assert texts['lamp'] == ('lamp', 'lamp')
    assert len(data) == 5  # without colliders


def test_meshes_that_are_not_as_their_manifest_says_are_left_out(tmp_path):
    root = base_meshes(tmp_path / 'a')
    data = MeshCollection('base-meshes', root, **OPTIONS)
    found = {data.info(index)['name']: data.info(index)['category'] for index in range(len(data))}
    assert found == {'apple': 'food', 'anvil': 'tools', 'axe': 'tools'}
    assert data.left_out == {'not as its manifest says': 1}
    manifest = root / 'base-meshes-main' / 'store-manifest.json'
    for damage in ('{"files": [{"path": "a"}]}', '{"files": 3}', '[' * 100_000, '{"files": '):
        manifest.write_text(damage)
        assert 'store-manifest' in refused(MeshCollection, 'base-meshes', root, **OPTIONS)
    manifest.unlink()
    assert len(MeshCollection('base-meshes', root, **OPTIONS)) == 4


MACHINE = """
import sys
from zoo.datasets import Commons, MeshCollection, prepare
options = {'num_points': 1024, 'views': 2, 'image_size': 32, 'images': True, 'texts': True, 'workers': 1}
for name, root in (('kicad', sys.argv[1]), ('decentraland', sys.argv[2]), ('mmmm', sys.argv[3])):
    data = MeshCollection(name, root, **options)
    prepare(f'{sys.argv[4]}/{name}', {'train': data}, progress=False)
    print(data.fingerprint)
packs = [f'{sys.argv[4]}/{name}' for name in ('kicad', 'decentraland', 'mmmm')]
print(Commons(packs, images=True, texts=True).fingerprint)
"""


PLATE = 'plate_1_logo.dae'
"""A file with normals that are nearly along an axis, where processors differ most."""

VECTORS = ' '.join(np.show_config(mode='dicts')['SIMD Extensions']['found'])
"""What this processor has beyond what numpy needs."""


def test_the_same_files_give_the_same_fingerprint_on_another_machine(tmp_path):
    """Another order of sets, other vector units, and a matrix product that rounds otherwise."""
    roots = [str(kicad(tmp_path / 'k')), str(decentraland(tmp_path / 'd')), str(tmp_path / 'm')]
    write_bytes(tmp_path / 'm' / 'collada' / 'obj_plate.dae', shared_file('data', 'samples', 'dae', PLATE).read_bytes())
    found = []
    for number, more in enumerate(({}, {'NPY_DISABLE_CPU_FEATURES': VECTORS, 'OPENBLAS_CORETYPE': 'Nehalem'})):
        machine = {'PYTHONHASHSEED': str(number), 'ZOO_HOME': str(tmp_path / f'home{number}'), **more}
        command = [sys.executable, '-c', MACHINE, *roots, str(tmp_path / f'packs{number}')]
        done = subprocess.run(command, env={**os.environ, **machine}, capture_output=True, text=True, check=True)
        found.append(done.stdout.split())
    assert len(found[0]) == 4
    assert found[0] == found[1]


def test_what_lies_elsewhere_is_the_same(tmp_path):
    one = MeshCollection('decentraland', decentraland(tmp_path / 'a'), images=True, **OPTIONS)
    shutil.copytree(tmp_path / 'a' / 'asset-packs-main', tmp_path / 'b')
    other = MeshCollection('decentraland', tmp_path / 'b', images=True, **OPTIONS)
    packed = MeshCollection('decentraland', zipped(tmp_path / 'a', tmp_path / 'all.zip'), images=True, **OPTIONS)
    assert one.fingerprint == other.fingerprint == packed.fingerprint
    assert np.array_equal(clouds(one), clouds(packed))
    assert packed.root.is_relative_to(tmp_path / 'home')
    assert not list(tmp_path.rglob('outside.txt')) + list(tmp_path.rglob('root.txt'))
    again = MeshCollection('decentraland', tmp_path / 'b', images=True, seed=1, **OPTIONS)
    assert again.fingerprint != other.fingerprint


def test_a_debian_package_is_unpacked_once(tmp_path):
    if shutil.which('dpkg-deb') is None:
        pytest.skip('dpkg-deb makes the package')
    root = kicad(tmp_path / 'deb')
    write_bytes(
        root / 'DEBIAN/control', 'Package: k\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: d\n'
    )
    deb = tmp_path / 'k.deb'
    subprocess.run(['dpkg-deb', '-Zxz', '-b', str(root), str(deb)], check=True, capture_output=True)
    data = MeshCollection('kicad', deb, **OPTIONS)
    assert data.fingerprint == MeshCollection('kicad', root, **OPTIONS).fingerprint
    before = data.root.stat().st_mtime_ns
    assert MeshCollection('kicad', deb, **OPTIONS).root.stat().st_mtime_ns == before


def test_who_made_what_is_written(tmp_path):
    data = MeshCollection('kicad', kicad(tmp_path / 'deb'), **OPTIONS)
    text = data.write_attribution(tmp_path / 'A.md').read_text()
    row = '| relay a | kicad/Relay.3dshapes/Relay_A.wrl | not stated | 2017, Somebody | GPL-3+ |'
    assert row in text
    assert 'https://www.kicad.org/libraries/license/' in text
    assert 'Files: Relay.3dshapes/*' in text
    assert json.dumps(data.info(0))


@pytest.mark.parametrize('name', COLLECTIONS)
def test_what_is_missing_is_said_in_one_line(name, tmp_path):
    assert 'http' in refused(MeshCollection, name, **OPTIONS)
    (tmp_path / 'empty').mkdir()
    assert f'holds no object of {name}' in refused(MeshCollection, name, tmp_path / 'empty', **OPTIONS)


def test_damaged_archives_are_said_in_one_line(tmp_path):
    write_bytes(tmp_path / 'a.zip', b'PK nothing')
    write_bytes(tmp_path / 'a.deb', b'nothing')
    for name, words in (('a.zip', 'fetch it again'), ('a.deb', 'fetch it again'), ('none.zip', 'is missing')):
        assert words in refused(MeshCollection, 'mmmm', tmp_path / name, **OPTIONS)
        assert not list((tmp_path / 'home').rglob('*.tmp'))
    assert 'no collection' in refused(MeshCollection, 'nothing', tmp_path)
    write_bytes(tmp_path / 'm' / 'collada' / 'obj_a.dae', 'nothing')
    assert 'none of 1 meshes can be read' in refused(MeshCollection, 'mmmm', tmp_path / 'm', **OPTIONS)


def test_archives_that_are_cut_off_leave_nothing_behind(tmp_path):
    content = zipped(decentraland(tmp_path / 'a'), tmp_path / 'all.zip').read_bytes()
    place = content.index(b'glTF') if b'glTF' in content else 200
    path = write_bytes(tmp_path / 'b.zip', content[:place] + bytes(40) + content[place + 40 :])
    assert 'fetch it again' in refused(MeshCollection, 'decentraland', path, **OPTIONS)
    assert not list((tmp_path / 'home' / 'collections').iterdir())
