"""One line of the catalogue."""

from __future__ import annotations

from tests.refusals import refused
from zoo.datasets.catalogue.entry import Entry, Part, build, check_options


def entry(parts, places=('a/b', 'b')):
    return Entry('name', 'title', places, 'get', 'terms', 'source', parts)


def test_the_first_place_that_exists_is_found(tmp_path):
    assert entry({}).found(tmp_path) is None
    (tmp_path / 'b').mkdir()
    assert entry({}).found(tmp_path) == tmp_path / 'b'
    (tmp_path / 'a' / 'b').mkdir(parents=True)
    assert entry({}).found(tmp_path) == tmp_path / 'a' / 'b'
    assert entry({}, (str(tmp_path / 'b'),)).found('elsewhere') == tmp_path / 'b'


def test_numbers_in_words():
    assert entry({}).objects() == 'any'
    assert entry({'train': Part({}, 9843), 'test': Part({}, None)}).objects() == 'any'
    assert entry({'train': Part({}, 9843), 'test': Part({}, 2468)}).objects() == '9,843 / 2,468'
    assert entry({str(i): Part({}, 100) for i in range(9)}).objects() == '9 parts of 100'
    assert entry({str(i): Part({}, 50 + i) for i in range(9)}).objects() == '9 parts of 50 to 58'


def test_options_and_the_data_root_change_the_config():
    part = Part({'type': 'A', 'split': 'train', 'data_root': None})
    assert part.with_options({}) == {'type': 'A', 'split': 'train', 'data_root': None}
    assert part.with_options({'texts': True}, 'x')['data_root'] == 'x'
    assert part.with_options({'split': 'test'})['split'] == 'test'
    assert 'data_root' not in Part({'type': 'A'}).with_options({}, 'x')


def test_options_are_those_of_the_dataset():
    check_options('ProceduralShapes', ['num_objects', 'seed'])
    message = refused(check_options, 'ProceduralShapes', ['seed', 'color'])
    assert "ProceduralShapes has no option 'color': it has split, num_objects, " in message
    assert len(build({'type': 'ProceduralShapes', 'num_objects': 2, 'num_points': 8})) == 2
