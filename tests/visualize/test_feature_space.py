from __future__ import annotations

import json

import numpy as np
from PIL import Image

from tests.refusals import refused
from zoo.visualize import draw_map, embed_flat, nearest_neighbors, neighbor_panels
from zoo.visualize.feature_space import class_color
from zoo.visualize.picture import BLUE, GREY, RED

RNG = np.random.default_rng(0)
CLUSTERS = np.repeat(np.eye(3, 8), 12, axis=0) * 5 + RNG.normal(size=(36, 8)) * 0.1
LABELS = np.repeat(np.arange(3), 12)
CLASSES = ('chair', '<b>table</b>', 'lamp')
CLOUDS = RNG.uniform(-0.5, 0.5, (36, 40, 3))


def test_neighbors_equal_a_loop():
    features = RNG.normal(size=(20, 5))
    found = nearest_neighbors(features, [4, 7], 6)
    for place, others in zip([4, 7], found, strict=True):
        likeness = {}
        for other in range(20):
            if other != place:
                a, b = features[place], features[other]
                likeness[other] = a @ b / np.sqrt((a @ a) * (b @ b))
        assert others.tolist() == sorted(likeness, key=lambda other: -likeness[other])[:6]
    assert 'choose 1 to 19' in refused(nearest_neighbors, features, [0], 20)


def test_neighbors_of_the_same_class_are_blue():
    names = [CLASSES[label] for label in LABELS]
    panels = neighbor_panels(CLUSTERS, CLOUDS, names, [0, 13], number=12)
    for row in panels.rows:
        assert (row[0].colors == GREY).all()
        assert all((panel.colors == BLUE).all() for panel in row[1:12])  # its own eleven
        assert (row[12].colors == RED).all()
        assert row[12].caption != row[0].caption == row[1].caption


def test_a_map_keeps_clusters_together_and_repeats_itself():
    places = embed_flat(CLUSTERS)
    assert places.min() == 0
    assert places.max() == 1
    apart = np.linalg.norm(places[:, None] - places, axis=-1)
    np.fill_diagonal(apart, np.inf)
    assert (LABELS[apart.argmin(1)] == LABELS).all()
    assert (embed_flat(CLUSTERS) == places).all()
    assert 'at least 4' in refused(embed_flat, CLUSTERS[:3])


def test_thumbnails_lie_where_the_map_says(tmp_path):
    corners = np.array([(0.0, 0.0), (1.0, 1.0), (0.001, 0.0)])  # the third would cover the first
    path = draw_map({'one': corners, 'two': corners}, CLOUDS[:3], np.arange(3), CLASSES, tmp_path / 'm.png', size=200)
    picture = np.asarray(Image.open(path))
    assert picture.shape[1] == 400
    map_one = picture[-200:, :200]
    first, second, third = ((map_one == class_color(label)).all(-1) for label in range(3))
    assert first[100:, :100].any()
    assert not first[:100].any()
    assert second[:100, 100:].any()
    assert not second[100:].any()
    assert not third.any()


def test_a_figure_has_every_object_with_its_class_as_text(tmp_path):
    path = draw_map({'<i>one': embed_flat(CLUSTERS)}, CLOUDS, LABELS, CLASSES, tmp_path / 'm.json', 'Map')
    figure = json.loads(path.read_text())
    assert '<i>' not in path.read_text()
    assert '<b>' not in path.read_text()
    assert sum(len(trace['x']) for trace in figure['data']) == 36
    assert figure['data'][2]['text'][0] == 'lamp, object 24'
    assert figure['layout']['title'] == {'text': 'Map'}
