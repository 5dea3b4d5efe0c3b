from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.datasets.sweethome3d.furniture import COPYRIGHT, ar, save_deb, tar
from tests.refusals import refused
from zoo.datasets.sweethome3d.debian import parse_copyright, unpack

FILES = {
    './usr/share/sweethome3d/furniture/Toys.sh3f': b'toys',
    './usr/share/sweethome3d/app.jar': b'app',
    './etc/x': b'x',
}


@pytest.mark.parametrize('packing', ['xz', 'gz', 'bz2', ''])
def test_catalogues_are_taken_out(tmp_path, packing):
    deb, folder = save_deb(tmp_path / 'a.deb', FILES, packing=packing), tmp_path / 'out'
    folder.mkdir()
    package = unpack(deb, folder)
    assert {name: path.read_bytes() for name, path in package.catalogues.items()} == {
        'usr/share/sweethome3d/furniture/Toys.sh3f': b'toys',
        'usr/share/sweethome3d/app.jar': b'app',
    }
    assert package.copyright == COPYRIGHT
    assert len(list(folder.iterdir())) == 2


def test_names_of_a_package_are_not_trusted(tmp_path):
    folder = tmp_path / 'in' / 'out'
    folder.mkdir(parents=True)
    outside = str(tmp_path / 'outside.sh3f')
    package = unpack(save_deb(tmp_path / 'a.deb', {'../../evil.sh3f': b'1', outside: b'2'}), folder)
    assert len(package.catalogues) == 2
    assert all(path.parent == folder for path in package.catalogues.values())
    assert sorted(path.name for path in tmp_path.rglob('*.sh3f')) == ['000.sh3f', '001.sh3f']


def test_a_package_that_is_packed_with_zstd(tmp_path, monkeypatch):
    if shutil.which('dpkg-deb') is None:
        pytest.skip('dpkg-deb is not installed')
    tree = tmp_path / 'tree'
    control = 'Package: toys\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.c>\nDescription: x\n'
    for name, content in (('DEBIAN/control', control), ('usr/share/Toys.sh3f', 'toys')):
        (tree / name).parent.mkdir(parents=True)
        (tree / name).write_text(content)
    command = ['dpkg-deb', '-Zzstd', '--build', str(tree), str(tmp_path / 'a.deb')]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip('this dpkg-deb does not know zstd')
    (folder := tmp_path / 'out').mkdir()
    assert list(unpack(tmp_path / 'a.deb', folder).catalogues) == ['usr/share/Toys.sh3f']
    monkeypatch.setattr(shutil, 'which', lambda _: None)
    assert 'a.deb is packed with zstd' in refused(unpack, tmp_path / 'a.deb', folder)


@pytest.mark.parametrize(
    'content',
    [
        b'',
        b'no package at all',
        b'!<arch>\n',
        ar({'debian-binary': b'2.0\n'}),
        ar({'data.tar.xz': b'no archive'}),
        ar({'data.tar.rar': b'no archive'}),
        ar({'data.tar.xz': tar({'./a.sh3f': bytes(5000)})[:-60]}),
        ar({'data.tar.gz': tar({'./a.sh3f': bytes(range(256)) * 40}, 'gz')[:-60]}),
        ar({'data.tar.xz': tar({'./a.sh3f': bytes(5000)})})[:100],
        ar({'data.tar.zst': b'no archive'}),
    ],
)
def test_damaged_packages_are_named(tmp_path, content):
    path = tmp_path / 'a.deb'
    path.write_bytes(content)
    assert 'a.deb' in refused(unpack, path, tmp_path)


def test_the_last_paragraph_that_matches_counts():
    rights = parse_copyright(COPYRIGHT.replace('\n', '\r\n'))
    assert rights.find('Toys/a/b.obj') == ('CC-BY-3.0-USA', '2010, Anna; 2012, Bert')
    assert rights.find('Other/x') == ('CC-BY-3.0-USA', '2010, Anna; 2012, Bert')
    assert rights.find('src/x.obj') == ('GPL-2+', '2006-2022, Somebody')
    assert len(rights.paragraphs) == 2
    assert parse_copyright('Somebody wrote this.\nIt is free: take it.\n').find('a') is None
