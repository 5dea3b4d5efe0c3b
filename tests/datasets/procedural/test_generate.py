from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from zoo.datasets.procedural import generate, make_object
from zoo.datasets.procedural.generate import Order, make_chunk, make_one

ORDER = Order('train', 7, 64, 16, 2, 0, ('cup', 'stool', 'tent'))


def test_rows_have_the_layout_of_the_order():
    row, caption = make_one(ORDER, 4)
    assert 'stool' in caption
    for name, (shape, _) in ORDER.layout(1).items():
        assert row[name].shape == shape[1:]
    assert np.linalg.norm(row['points'], axis=1).max() == pytest.approx(1)
    assert np.allclose(np.linalg.norm(row['normals'], axis=1), 1)
    assert caption == make_object('stool', 0, index=1).caption


def test_chunks_do_not_depend_on_how_the_order_is_cut(monkeypatch):
    whole = make_chunk(ORDER, 0)
    monkeypatch.setattr(generate, 'CHUNK', 3)
    pieces = [make_chunk(ORDER, start) for start in (0, 3, 6)]
    for name, values in whole.items():
        assert np.array_equal(values, np.concatenate([piece[name] for piece in pieces]))


def test_an_object_is_the_same_among_more_objects_and_other_classes():
    more = dataclasses.replace(ORDER, num_objects=30, classes=('tent', 'cup'))
    (row, caption), (again, same) = make_one(ORDER, 5), make_one(more, 2)  # the second tent of each
    assert caption == same
    for name, values in row.items():
        assert np.array_equal(values, again[name])


def test_pictures_do_not_change_the_points():
    (row, _), (bare, _) = make_one(ORDER, 2), make_one(dataclasses.replace(ORDER, views=0), 2)
    assert np.array_equal(row['points'], bare['points'])
    assert bare['images'].shape == (0, 16, 16, 3)
    assert not np.array_equal(row['images'][0], row['images'][1])  # two viewpoints


def test_the_version_follows_the_sources(tmp_path, monkeypatch):
    here, meshes = tmp_path / 'procedural', tmp_path / 'meshes'
    (here / 'families').mkdir(parents=True)
    meshes.mkdir()
    for name in generate.SURFACES:
        (meshes / f'{name}.py').touch()
    recipe, bystander = here / 'families' / 'cups.py', here / 'cache.py'
    recipe.write_text('radius = 1', encoding='utf-8')
    monkeypatch.setattr(generate, '__file__', str(here / 'generate.py'))
    version = generate.generator.__wrapped__
    first = version()
    bystander.write_text('nothing to do with shapes', encoding='utf-8')
    assert version() == first
    recipe.write_text('radius = 2', encoding='utf-8')
    assert version() != first


def test_orders_travel_as_text_and_every_field_counts():
    assert Order.from_json(ORDER.to_json()) == ORDER
    changes = {'split': 'val', 'num_objects': 8, 'num_points': 65, 'image_size': 8, 'views': 1, 'seed': 1}
    changes |= {'classes': ('stool', 'cup', 'tent'), 'variant': 'scan', 'generator': 'other'}
    assert set(changes) == {field.name for field in dataclasses.fields(Order)}
    keys = {dataclasses.replace(ORDER, **{name: value}).key for name, value in changes.items()}
    assert len(keys | {ORDER.key}) == len(changes) + 1
