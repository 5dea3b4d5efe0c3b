from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from zoo.datasets.procedural import generate, make_object
from zoo.datasets.procedural.generate import Order, make_chunk, make_one
from zoo.datasets.scans import VARIANTS as SCANS

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


@pytest.mark.parametrize('variant', ['cad', *SCANS])
def test_an_object_is_the_same_among_more_objects_and_other_classes(variant):
    order = dataclasses.replace(ORDER, variant=variant)
    more = dataclasses.replace(order, num_objects=900, classes=('tent', 'airplane'))
    (row, caption), (again, same) = make_one(order, 5), make_one(more, 2)  # the second tent of each
    assert caption == same
    for name, values in row.items():
        assert np.array_equal(values, again[name])


def test_pictures_do_not_change_the_points():
    (row, _), (bare, _) = make_one(ORDER, 2), make_one(dataclasses.replace(ORDER, views=0), 2)
    assert np.array_equal(row['points'], bare['points'])
    assert bare['images'].shape == (0, 16, 16, 3)
    assert not np.array_equal(row['images'][0], row['images'][1])  # two viewpoints


def test_the_version_follows_the_sources(tmp_path, monkeypatch):
    surface = f'meshes/{generate.SURFACES[0]}.py'
    sources = ['procedural/families/cups.py', 'scans/noise.py', *(f'meshes/{name}.py' for name in generate.SURFACES)]
    bystanders = ['procedural/cache.py', 'meshes/files.py']
    for name in (*sources, *bystanders):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('RADIUS = 1', encoding='utf-8')
    monkeypatch.setattr(generate, '__file__', str(tmp_path / 'procedural' / 'generate.py'))
    seen = [generate.generator.__wrapped__()]
    for name in (*bystanders, sources[0], sources[1], surface):
        (tmp_path / name).write_text('RADIUS = 2', encoding='utf-8')
        seen.append(generate.generator.__wrapped__())
    assert seen[0] == seen[1] == seen[2]  # what reads and keeps files has no say in what an object looks like
    assert len(set(seen)) == 4


def test_orders_travel_as_text_and_every_field_counts():
    assert Order.from_json(ORDER.to_json()) == ORDER
    changes = {'split': 'val', 'num_objects': 8, 'num_points': 65, 'image_size': 8, 'views': 1, 'seed': 1}
    changes |= {'classes': ('stool', 'cup', 'tent'), 'variant': 'scan', 'generator': 'other'}
    assert set(changes) == {field.name for field in dataclasses.fields(Order)}
    keys = {dataclasses.replace(ORDER, **{name: value}).key for name, value in changes.items()}
    assert len(keys | {ORDER.key}) == len(changes) + 1
