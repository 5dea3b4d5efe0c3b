from __future__ import annotations

from pathlib import Path

import pytest

from tests.datasets.sweethome3d.furniture import COPYRIGHT
from zoo.datasets.sweethome3d.catalogue import UNIT, Entry
from zoo.datasets.sweethome3d.debian import parse_copyright
from zoo.datasets.sweethome3d.licences import attribution, licence_summary, write_attribution
from zoo.datasets.sweethome3d.sources import NOT_STATED, Catalogue, short_name

INFO = {'id': 'Toys#cup', 'name': 'Cup | small', 'creator': 'Anna', 'holder': '2010, Anna', 'licence': 'CC0'}
INFO |= {'catalogue': 'Toys'}
CATALOGUE = {
    'name': 'Toys',
    'source': 'a.deb/Toys.sh3f',
    'licence': 'Public domain',
    'notice': 'LICENCE\n```\nfree  \n',
}


def entry(licence: str = '', model: str = '/toys/cup.obj') -> Entry:
    return Entry('Toys#cup', 'Cup', 'Kitchen', (), 'Anna', licence, (1, 1, 1), UNIT, model, '')


@pytest.mark.parametrize(
    ('label', 'rights', 'own', 'about', 'expected'),
    [
        ('a.deb/x/Toys.sh3f', COPYRIGHT, '', 'CC0', 'CC-BY-3.0-US'),  # the package, before the table for all
        ('a.deb/x/Toys.sh3f', COPYRIGHT, 'CC0', 'CC-BY 3.0', 'CC0'),  # the table for this piece, before the package
        ('a.deb/x/app.jar', COPYRIGHT, '', 'GNU GPL / CC-BY 3.0', 'GPL-2+'),
        ('Toys.sh3f', '', '', 'Creative Commons Attribution 3.0 license', 'CC-BY-3.0'),
        ('Toys.sh3f', '', '', 'GNU GPL / CC-BY 3.0', 'GNU GPL / CC-BY 3.0'),  # which of the two, nobody can tell
        ('Toys.sh3f', '', '', '', NOT_STATED),
    ],
)
def test_who_says_the_licence_first(label, rights, own, about, expected):
    catalogue = Catalogue(Path('x'), label, parse_copyright(rights), {'license': about}, '', [])
    assert catalogue.licence(entry(own))[0] == expected


@pytest.mark.parametrize(
    ('statement', 'name'),
    [
        ('Creative Commons Attribution 3.0 United States license  Copyright © 2003-2008 A & B', 'CC-BY-3.0-US'),
        ('CC BY 4.0', 'CC-BY-4.0'),
        ('CC-0', 'CC0'),
        ('Creative Commons Zero', 'CC0'),
        ('CC-BY-NC-4.0', 'CC-BY-NC-4.0'),
        ('CC-BY-SA 3.0', 'CC-BY-SA 3.0'),
        ('Creative Commons Attribution-ShareAlike 3.0', 'Creative Commons Attribution-ShareAlike 3.0'),
        ('Creative Commons Attribution Noncommercial 3.0', 'Creative Commons Attribution Noncommercial 3.0'),
        ('Public domain', 'Public domain'),
        (' Ask\n me ', 'Ask me'),
        ('', NOT_STATED),
    ],
)
def test_short_names_are_given_only_where_they_are_plain(statement, name):
    assert short_name(statement) == name


def test_the_summary_counts_objects_and_creators():
    others = [{**INFO, 'licence': 'CC-BY-3.0', 'creator': f'c{number % 6}'} for number in range(13)]
    lines = licence_summary([INFO, *others]).splitlines()
    assert ' '.join(lines[1].split()) == '13 CC-BY-3.0 c0 (3), c1 (2), c2 (2), c3 (2) and 2 more'
    assert lines[2].split() == ['1', 'CC0', 'Anna', '(1)']
    assert lines[-1].split() == ['14', 'in', 'all']


def test_the_attribution_names_every_object_and_quotes_the_notices(tmp_path):
    unused = {**CATALOGUE, 'name': 'Unused', 'notice': 'not quoted'}
    text = attribution([INFO, {**INFO, 'id': 'Toys#pan', 'licence': 'odd'}], [CATALOGUE, unused])
    assert '| Cup / small | Toys#cup | Anna | 2010, Anna | CC0 |' in text
    assert '| Toys#pan |' in text.replace('Cup / small ', '')
    assert 'https://creativecommons.org/publicdomain/zero/1.0/' in text
    assert 'odd: see the notices below' in text
    assert 'States: Public domain' in text
    assert "LICENCE\n'''\nfree\n" in text
    assert 'not quoted' not in text
    path = write_attribution(tmp_path / 'new' / 'A.md', [INFO], [CATALOGUE])
    assert path.read_text('utf-8') == attribution([INFO], [CATALOGUE])
    assert [file.name for file in path.parent.iterdir()] == ['A.md']
