from __future__ import annotations

import io
import struct
import zipfile

import pytest

from tests.datasets.sweethome3d.furniture import CUBE, catalogue, piece
from tests.refusals import refused
from zoo.datasets.meshes import beside
from zoo.datasets.sweethome3d import catalogue as module
from zoo.datasets.sweethome3d.catalogue import UNIT, Archive, parse_properties, read_entries

TABLE = 'PluginFurnitureCatalog.properties'


def opened(pieces=None, **files) -> Archive:
    return Archive(catalogue(pieces, **files), 'Toys.sh3f')


def test_properties_as_java_reads_them():
    text = (
        '# remark\n! remark\n\n  a = 1 \nb:2\nc 3\nd\ne=x \\\n   y\nf\\=g=h\\u00e9\\tz\n'
        'name#1=z\u00e9bra\r\npath=C\\:\\\\x\ng=one\\\\\nlast=='
    )
    expected = {'a': '1 ', 'b': '2', 'c': '3', 'd': '', 'e': 'x y', 'f=g': 'h\u00e9\tz', 'name#1': 'z\u00e9bra'}
    expected |= {'path': 'C:\\x', 'g': 'one\\', 'last': '='}
    assert parse_properties(text.encode('latin-1')) == expected
    assert parse_properties(text.encode()) == expected


def test_pieces_are_read_in_the_order_of_their_numbers():
    pieces = [piece(f'cup{number}', tags=' Red,, Blue ', depth='1.5') for number in range(12)]
    pieces[3]['ignored'] = 'true'
    pieces[4] |= {'modelRotation': '1 0 0 0 0 1 0 -1 0', 'license': 'CC0'}
    about, entries = read_entries(opened(pieces), TABLE)
    assert about == {'id': 'x#Toys', 'name': 'Toy catalogue', 'license': 'Fancy licence'}
    assert [entry.name for entry in entries] == [f'Cup{number}' for number in range(12) if number != 3]
    first, turned = entries[0], entries[3]
    assert (first.tags, first.size_cm, first.rotation) == (('Red', 'Blue'), (20, 1.5, 40), UNIT)
    assert turned.rotation == (1, 0, 0, 0, 0, 1, 0, -1, 0)
    assert (first.licence, turned.licence) == ('', 'CC0')


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'width': 'wide'}, "'wide' for width#1"),
        ({'modelRotation': '1 0 0'}, 'modelRotation#1, expected 9'),
        ({'name': None}, 'no name#1'),
        ({'category': None}, 'no category#1'),
    ],
)
def test_a_piece_that_lacks_something_is_named(change, words):
    rows = {key: value for key, value in {**piece('cup'), **change}.items() if value is not None}
    message = refused(read_entries, opened([rows]), TABLE)
    assert words in message
    assert 'Toys.sh3f' in message


def test_models_and_what_lies_beside_them():
    archive = opened()
    content, suffix, neighbors = archive.model('/toys/cube/cube.obj')
    assert (content.decode(), suffix) == (CUBE, '.obj')
    assert neighbors.get('CUBE.MTL').startswith(b'newmtl red')
    assert neighbors.get('../cube.png')[:4] == b'\x89PNG'
    with pytest.raises(FileNotFoundError):
        neighbors.get('../../../LICENSE.TXT/..')
    with pytest.raises(FileNotFoundError, match=r'none\.obj'):
        archive.model('toys/none.obj')


def test_a_model_may_be_an_archive_of_its_own():
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, 'w') as file:
        file.writestr('deep/cube.obj', CUBE)
        file.writestr('deep/cube.mtl', 'newmtl red\nKd 0 1 0\n')
    archive = opened(toys__cube__cube_zip=b'', **{'toys__a.zip': inner.getvalue(), 'toys__b.zip': b'none'})
    content, suffix, neighbors = archive.model('/toys/a.zip')
    assert (content.decode(), suffix) == (CUBE, '.obj')
    assert neighbors.get('cube.mtl').endswith(b'Kd 0 1 0\n')
    assert 'b.zip' in refused(archive.model, '/toys/b.zip')


def test_a_member_that_is_too_large_or_damaged(monkeypatch):
    content = bytearray(catalogue())
    monkeypatch.setattr(module, 'LARGEST', 100)
    with pytest.raises(FileNotFoundError):
        Archive(bytes(content), 'Toys.sh3f').read('toys/cube/cube.obj')
    monkeypatch.setattr(module, 'LARGEST', beside.LARGEST)
    start = content.find(b'toys/cube/cube.obj') + len('toys/cube/cube.obj')
    content[start : start + 20] = bytes(20)
    message = refused(Archive(bytes(content), 'Toys.sh3f').read, 'toys/cube/cube.obj')
    assert message.startswith('Toys.sh3f: toys/cube/cube.obj is damaged')
    assert 'Toys.sh3f cannot be read as a zip' in refused(Archive, b'no zip', 'Toys.sh3f')


def test_colors_that_the_program_keeps_in_its_code():
    text = b'newmtl amber\nKd 0.5 0.2 0\nnewmtl bone\nKd 1 1 1\n'
    code = b'\xca\xfe\xba\xbe\x01\x00\x03abc\x01' + struct.pack('>H', len(text)) + text + b'\x01\x00\x02xy'
    assert opened(**{'com__x__j3d__OBJLoader.class': code}).materials == text.decode()
    assert opened(**{'com__x__j3d__OBJLoader.class': b'\xca\xfe' + text}).materials == ''
    assert opened().materials == ''
