"""The variants of the built-in shapes: what they share, and what a scan leaves of an object."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from PIL import Image

from tests.refusals import refused
from zoo.datasets.meshes.render import render
from zoo.datasets.meshes.sampling import sample_surface, to_unit_sphere
from zoo.datasets.procedural import CLASSES, ProceduralShapes, generate
from zoo.datasets.procedural.contact_sheet import GAP, HUES, TITLE, VIEWPOINT
from zoo.datasets.procedural.dataset import VARIANTS
from zoo.datasets.procedural.generate import BACKGROUND, Order, make_one
from zoo.datasets.procedural.shapes import SHAPES, assemble, random_streams
from zoo.datasets.procedural.variant_sheet import GREY, cloud_picture, variant_row, variant_sheet
from zoo.datasets.scans import VARIANTS as SCANS
from zoo.datasets.scans import scan

SMALL = {'num_objects': 6, 'num_points': 256, 'image_size': 16, 'classes': ['chair', 'vase', 'desk']}
ORDER = Order('train', 6, 2048, 16, 1, 0, ('chair', 'vase', 'desk'))


@pytest.fixture(scope='module')
def home(tmp_path_factory):
    return tmp_path_factory.mktemp('cache')


@pytest.fixture(scope='module')
def variants(home):
    return {name: ProceduralShapes('train', variant=name, images=True, cache_dir=home, **SMALL) for name in VARIANTS}


def test_there_are_four(home):
    assert VARIANTS == ('cad', 'obj_only', 'obj_bg', 'pb_t50_rs')
    message = refused(ProceduralShapes, variant='obj_fg', cache_dir=home, **SMALL)
    assert re.search('obj_fg.*cad, obj_only, obj_bg, pb_t50_rs', message)


def test_all_variants_are_of_the_same_objects(variants):
    cad = variants['cad']
    for one in variants.values():
        assert one.labels.tolist() == cad.labels.tolist()
        for index in range(6):
            assert one.caption(index) == cad.caption(index)
            assert np.array_equal(one.image(index, 0), cad.image(index, 0))
    assert len({one.fingerprint for one in variants.values()}) == 4


def test_the_background_has_no_part(variants):
    for name, one in variants.items():
        parts = one.gather_parts(np.arange(6))
        assert parts.dtype == np.int64
        assert np.array_equal(parts[2], one.part(2))
        assert np.array_equal(one.__getitems__([2, 0])['part'].numpy(), parts[[2, 0]])
        for label, own in zip(one.labels, parts, strict=True):
            assert -1 <= own.min() <= own.max() < len(one.parts[one.classes[label]])
        assert (parts == -1).any() == (name in ('obj_bg', 'pb_t50_rs'))
    assert (variants['obj_bg'].part(1) >= 0).any()


def test_the_whole_surface_is_sampled_as_it_always_was():
    """Cad clouds, their normals and pictures come from the streams in the order they always had."""
    shape_rng, point_rng, view_rng = random_streams('vase', 0, 'train', 1)
    item = assemble(SHAPES['vase'], shape_rng)
    points, normals, face = sample_surface(item.mesh, item.normals, 2048, point_rng)
    row, caption = make_one(ORDER, 4)
    assert np.array_equal(row['points'], to_unit_sphere(points))
    assert np.array_equal(row['normals'], normals)
    assert np.array_equal(row['parts'], item.part[face])
    assert np.array_equal(row['images'][0], render(item, 16, view_rng))
    assert caption == item.caption


def test_splits_and_seeds_give_other_neighbors(monkeypatch):
    seen = []
    monkeypatch.setattr(
        generate, 'scan', lambda target, around, *rest: seen.append(around) or scan(target, around, *rest)
    )
    for change in ({}, {'split': 'val'}, {'seed': 5}, {}):
        make_one(dataclasses.replace(ORDER, variant='obj_bg', num_points=4, **change), 3)
    shapes = [tuple(mesh.vertices.tobytes() for mesh in around) for around in seen]
    assert shapes[0] == shapes[3]
    assert len(set(shapes)) == 3
    assert all(1 <= len(around) <= 3 for around in seen)


def test_scans_have_as_many_points_as_the_real_ones(home):
    few = {'num_objects': 2, 'classes': ['stool'], 'cache_dir': home}
    assert ProceduralShapes(variant='pb_t50_rs', **few).points(0).shape == (2048, 3)
    assert ProceduralShapes(**few).points(0).shape == (1024, 3)


@pytest.mark.slow
def test_the_share_of_background_over_all_classes():
    """A quarter to a third on average, more in bad boxes, and the object is never lost."""
    share = {}
    for variant in SCANS[1:]:
        order = Order('val', len(CLASSES), 512, 16, 0, 3, CLASSES, variant)
        parts = np.stack([make_one(order, index)[0]['parts'] for index in range(0, len(CLASSES), 2)])
        share[variant] = (parts == BACKGROUND).mean(axis=1)
    assert 0.15 < share['obj_bg'].mean() < 0.45
    assert share['obj_bg'].mean() + 0.03 < share['pb_t50_rs'].mean() < 0.65
    assert max(share['obj_bg'].max(), share['pb_t50_rs'].max()) < 1


def test_the_sheet_shows_classes_in_every_variant(tmp_path):
    row = variant_row('lamp', 24)
    assert row.shape == (24, 5 * 24, 3)
    assert np.array_equal(row, variant_row('lamp', 24))
    sheet = variant_sheet(tmp_path / 'new' / 'sheet.png', classes=['cup', 'lamp', 'sofa'], size=16, columns=2)
    with Image.open(sheet) as picture:
        assert picture.size == (2 * (5 * 16 + GAP) - GAP, 2 * (16 + TITLE))


def test_the_background_is_grey_and_near_points_cover_it():
    near = VIEWPOINT.axes()[2]
    points = np.array([-0.9 * near, 0.9 * near, 0.9 * VIEWPOINT.axes()[0] + 0.99 * near * 0.1])
    picture = cloud_picture(points, np.array([BACKGROUND, 1, BACKGROUND]), 41)
    center = picture[20, 20].astype(int)
    assert np.abs(center - HUES[1]).max() <= 15
    drawn = picture[(picture != 255).any(axis=2)].astype(int)
    assert len(drawn) == 2
    assert (np.ptp(drawn, axis=1) == 0).sum() == 1  # the grey one
    assert np.ptp(GREY) == 0
