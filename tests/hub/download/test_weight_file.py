"""Names and fields of an index cannot do harm."""

from __future__ import annotations

import random
import urllib.parse
from pathlib import Path

import pytest

from tests.refusals import refused
from zoo.hub.download import WeightFile, name_in_address
from zoo.hub.download.cache import Place

GOOD = ('https://host.example/f.pth',)

WORDS = r'. .. ../up /etc/passwd a/b a\b ..\up C:\windows c:f .hidden -option a. nul CON.x com1 ü ~ $HOME %2e%2e%2fup'
BAD_NAMES = [*WORDS.split(), '', ' a', 'a b', 'a\nb', 'a\0b', '\u202ename', 'a' * 121, 'a' * 5000]


@pytest.mark.parametrize('name', BAD_NAMES)
@pytest.mark.parametrize('format', ['', 'pth'])
def test_names_that_could_leave_the_cache(name, format):
    if format and name == 'nul':
        name = 'nul.x'
    if format and name == 'a.':
        return  # with an ending it is a name like others
    message = refused(WeightFile, name, GOOD, format=format)
    assert 'is no name for a file of weights' in message
    assert len(message) < 300


@pytest.mark.parametrize('name', ['recon-tiny_shapenet55', 'a', 'a..b', 'ckpt+1', 'a' * 108])
def test_good_names_stay_below_the_cache(name, tmp_path):
    place = Place(WeightFile(name, GOOD), tmp_path)
    assert place.path.name == f'{name}.safetensors'
    assert place.path.resolve().is_relative_to(tmp_path.resolve())


SOURCES = r'ftp://host.example/f javascript://x ../f weights/../../f /etc/passwd C:/f weights\..\f'
BAD_SOURCES = [*SOURCES.split(), '', 'https://host.example/\0', 'https://host.example/a\nb']


@pytest.mark.parametrize(
    'fields',
    [
        {'sha256': 'A' * 64},
        {'sha256': '0' * 63},
        {'sha256': '../' + '0' * 61},
        {'sha256': 64},
        {'sha256': '0' * 64 + '\n'},
        {'bytes': -1},
        {'bytes': True},
        {'bytes': '12'},
        {'bytes': 1.5},
        {'format': 'pickle'},
        {'format': ['pth']},
        {'name': None},
        {'name': 7},
        {'sources': ()},
        {'sources': 'https://host.example/f'},
        {'sources': ['https://host.example/f']},
        {'sources': (7,)},
        *({'sources': (source,)} for source in BAD_SOURCES),
        {'sources': (GOOD[0], '../f')},
    ],
)
def test_fields_that_make_no_sense(fields):
    refused(WeightFile, **{'name': 'model', 'sources': GOOD, **fields})


def test_names_made_of_addresses_are_safe():
    draw = random.Random(2)
    letters = 'ab/\\.:~%?#@ \0\nü\u202e-_+2eEfF5cC'
    addresses = [''.join(draw.choices(letters, k=draw.randrange(0, 40))) for _ in range(2000)]
    addresses += ['nul', 'x/con.pth', 'a/' + 'x' * 500 + '.pth', '..', 'a/..', '%2e%2e', '%2Fetc', 'a%00b', 'c%3Ab']
    for address in addresses:
        name = name_in_address(f'https://host.example/{address}')
        WeightFile(name, GOOD, format='')
        assert Path(name).name == name
        assert urllib.parse.quote(name, safe='+') == name


@pytest.mark.parametrize(
    ('address', 'name'),
    [
        ('https://host.example/a/recon_base.pth?download=1#x', 'recon_base.pth'),
        ('https://host.example/a%20b.pth', 'a_b.pth'),
        ('https://host.example', 'weights'),
        ('hf://owner/repo/deep/model.safetensors', 'model.safetensors'),
        ('gdrive://1abcDEF_ghi', 'weights'),
        ('file:///a/b/c.pth', 'c.pth'),
        ('https://host.example/.pth', 'pth'),
    ],
)
def test_names_are_those_of_the_address(address, name):
    assert name_in_address(address) == name


def test_files_of_the_same_name_do_not_meet(tmp_path):
    files = [
        WeightFile('m', ('https://one.example/f',)),
        WeightFile('m', ('https://two.example/f',)),
        WeightFile('m', GOOD, '0' * 64),
        WeightFile('m', GOOD, '1' * 64),
    ]
    assert len({Place(file, tmp_path).path for file in files}) == 4
    assert (
        Place(WeightFile('m', ('https://other.example/f',), '0' * 64), tmp_path).path == Place(files[2], tmp_path).path
    )
