from __future__ import annotations

import numpy as np
import pytest

from zoo.hub.text_points import parse_rows

CLOUD = np.round(np.random.default_rng(0).uniform(-1, 1, (40, 3)), 6)
MANY = np.random.default_rng(1).uniform(-20, 20, (400, 3))
WIDE = np.hstack([CLOUD, np.arange(120).reshape(40, 3)])


def rows(points, parted=' ', end='\n'):
    return end.join(parted.join(f'{value:.6f}' for value in point) for point in points) + end


def named(names, parted=','):
    """A table whose columns are x, y, z and others, in the order of their names."""
    columns = {'x': CLOUD[:, 0], 'y': CLOUD[:, 1], 'z': CLOUD[:, 2]}
    other = np.arange(40) * 7.5
    return names + '\n' + rows(np.stack([columns.get(n.lower()[:1], other) for n in names.split(parted)], 1), parted)


READ = {
    'blanks': rows(CLOUD),
    'several blanks': rows(CLOUD, '   '),
    'tabs': rows(CLOUD, '\t'),
    'commas': rows(CLOUD, ','),
    'commas and blanks': rows(CLOUD, ', '),
    'blanks before commas': rows(CLOUD, ' ,'),
    'semicolons': rows(CLOUD, ';'),
    'CRLF': rows(CLOUD, end='\r\n'),
    'CR': rows(CLOUD, end='\r'),
    'BOM': '\ufeff' + rows(CLOUD),
    'indented': '  ' + rows(CLOUD, end='\n  '),
    'empty lines': '\n\n' + rows(CLOUD, end='\n\n'),
    'commas at the ends': rows(CLOUD, ',', ',\n'),
    'quotes': rows(CLOUD, '","', '"\n"').join(['"', '']).removesuffix('"'),
    'exponents': '\n'.join(' '.join(f'{v:.8e}' for v in point) for point in CLOUD),
    'a comment': '# made by hand, 3 runs\n' + rows(CLOUD),
    'comments at the ends': rows(CLOUD, end=' # good\n'),
    'CloudCompare': '//X Y Z\n' + rows(CLOUD),
    'Matlab': '% x y z\n' + rows(CLOUD),
    'a count': '40\n' + rows(CLOUD),
    'names and a count': '//X Y Z R G B\n40\n' + rows(WIDE),
    'names': 'x y z\n' + rows(CLOUD),
    'names in quotes': '"X","Y","Z"\n' + rows(CLOUD, ','),
    'names with units': 'x_m;y_m;z_m\n' + rows(CLOUD, ';'),
    'pandas': named(',x,y,z'),
    'ids': named('id,X,Y,Z'),
    'normals first': named('nx;ny;nz;x;y;z', ';'),
    'another order': named('z,x,y'),
    'a title above the names': 'scan of 2024\nx y z\n' + rows(CLOUD),
}


@pytest.mark.parametrize('kind', READ)
def test_what_can_be_read_in_one_way_is(kind):
    np.testing.assert_array_equal(parse_rows(READ[kind].encode())[:, :3], CLOUD)


@pytest.mark.parametrize('code', ['utf-16', 'utf-8-sig'])
def test_marks_of_encodings(code):
    np.testing.assert_array_equal(parse_rows(rows(CLOUD).encode(code)), CLOUD)


COMMAS = 'its commas may part numbers or be in them'
REFUSED = {
    'decimal commas': ('0,1 0,2 0,3\n' * 3, COMMAS),
    'decimal commas, tabs': ('0,1\t0,2\t0,3\n' * 3, COMMAS),
    'decimal commas, semicolons': ('0,1;0,2;0,3\n' * 3, COMMAS),
    'decimal commas, commas': ('0,25,0,5,0,75\n0,05,0,5,0,75\n', COMMAS),
    'decimal commas, minus': ('1,25,-0,5,0,75\n' * 2, COMMAS),
    'decimal commas in a later line': ('1 2 3\n0,1 0,2 0,3\n', COMMAS),
    'thousands': ('5,334,760.1 691,607.2 519.0\n' * 2, COMMAS),
    'decimal commas and dots': ('1.000,5 2.000,5 3.000,5\n', COMMAS),
    'a missing number': ('1,2,3\n1,,3\n', 'convert'),
    'a word for a missing number': ('1 2 3\n1 NULL 3\n', 'NULL'),
    'rows of several lengths': ('1 2 3\n1 2 3 4\n', 'columns changed'),
    'a wrong count': ('41\n' + rows(CLOUD), 'announces 41 points, and 40 lines follow'),
    'atoms': ('2\nwater\nH 0 0 0\nO 0 0 1\n', 'announces 2 points, and 3 lines'),
    'names without axes': ('east,north,up\n' + rows(CLOUD, ','), 'expected x, y and z among the names'),
    'fewer names than columns': ('x y z\n' + rows(WIDE), 'expected x, y and z among the names'),
    'an axis twice': ('x0,y0,z0,x1,y1,z1\n' + rows(WIDE, ','), 'expected x, y and z among the names'),
    'words': ('some words\nand more\n', 'no row of numbers'),
    'nothing': ('', 'no row of numbers'),
    'six digits': ('\n'.join(f'{x + 691_607:g} {y + 5_334_760:g} {z:g}' for x, y, z in MANY), 'x have too few digits'),
}  # fmt: skip


@pytest.mark.parametrize('kind', REFUSED)
def test_what_can_be_read_in_two_ways_is_not(kind):
    text, message = REFUSED[kind]
    with pytest.raises(ValueError, match=message):
        parse_rows(text.encode())


def test_map_coordinates_with_their_digits_are_read():
    far = MANY + [691_607, 5_334_760, 519]
    np.testing.assert_allclose(parse_rows(rows(far).encode()), far, atol=1e-6)
