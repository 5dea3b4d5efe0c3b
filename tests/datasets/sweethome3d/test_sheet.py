from __future__ import annotations

from PIL import Image

from tests.datasets.sweethome3d.furniture import catalogue, piece, save_deb
from zoo.datasets.meshes.sheet import GAP, TITLE
from zoo.datasets.sweethome3d import SweetHome3D
from zoo.datasets.sweethome3d.sheet import choose, contact_sheet


def test_a_sheet_shows_all_categories_and_names_the_makers(tmp_path):
    pieces = [piece(f'{room}{n}', room, license='CC0' if n else 'secret') for room in ('A', 'B', 'C') for n in range(5)]
    pieces += [piece('twin', 'A', id=f'Toys#twin{n}', license='CC0') for n in range(5)]
    deb = save_deb(tmp_path / 'a.deb', {'a/Toys.sh3f': catalogue(pieces)})
    data = SweetHome3D(deb, images=True, num_points=32, views=1, image_size=16)
    chosen = choose(data, 6)
    infos = [data.info(index) for index in chosen]
    assert [info['category'] for info in infos] == ['A', 'A', 'B', 'B', 'C', 'C']
    assert {info['licence'] for info in infos} == {'CC0'}
    assert len({data.info(index)['name'] for index in choose(data, 99)}) == len(choose(data, 99)) == 13
    path = contact_sheet(tmp_path / 'out' / 'toys.png', data, count=6, size=20, columns=3)
    with Image.open(path) as picture:
        assert picture.size == (3 * (60 + GAP) - GAP, 2 * (20 + TITLE))
    text = (tmp_path / 'out' / 'TOYS_ATTRIBUTION.md').read_text('utf-8')
    assert [line.split(' | ')[1] for line in text.splitlines() if line.startswith('| ') and '#' in line] == [
        info['id'] for info in infos
    ]
