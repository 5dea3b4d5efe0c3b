"""What ``tools/data.py list`` says."""

from __future__ import annotations

from tests.layouts import write_pack
from zoo.datasets.catalogue import entries
from zoo.datasets.catalogue.overview import overview
from zoo.datasets.catalogue.run import prepare_target
from zoo.datasets.catalogue.target import resolve_target


def row(text, name):
    (line,) = [line for line in text.splitlines() if line.startswith(f'{name} ')]
    return line.split()


def test_everything_is_listed_with_its_terms_and_where_it_is_looked_for(tmp_path):
    (tmp_path / 'ModelNet40').mkdir()
    text = overview(tmp_path)
    assert str(tmp_path) in text
    for name, entry in entries().items():
        assert row(text, name)[0] == name
        assert entry.terms.split(';')[0].split(',')[0] in text
    assert row(text, 'shapenet55')[-2:] == ['no', 'ShapeNet55-34']
    assert row(text, 'modelnet40')[-2:] == ['yes', 'ModelNet40']
    assert row(text, 'modelnet10')[-2] == 'no'
    assert 'https://shapenet.org' in text
    assert 'KPConv issue 171' in text
    assert max(map(len, text.splitlines())) < 140
    assert 'prepared packs' not in text
    pack = resolve_target(str(write_pack(tmp_path / 'pack.npz')))
    prepare_target(pack, data_root=tmp_path, workers=1, progress=False)
    (tmp_path / 'packs' / 'other').mkdir()
    (tmp_path / 'packs' / 'other' / 'meta.json').write_text('{}')
    assert overview(tmp_path).splitlines()[-1] == '  packs/pack: 16 train, 4 test'
