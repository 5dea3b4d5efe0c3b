from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

from tests.refusals import refused
from zoo.datasets.meshes.files import SUFFIXES
from zoo.datasets.meshes.objects import FORMATS, is_unnamed, pick_objects


def picked(names, mode='auto'):
    objects = pick_objects(map(PurePosixPath, names.split()), Path('root/chair'), mode)
    return {name: [str(path) for path in members] for name, members in objects.items()}


def test_every_format_has_its_place():
    assert set(FORMATS) == set(SUFFIXES)


def test_names_that_programs_give():
    unnamed = (
        'model textured nontextured_simplified model_normalized collision mesh untitled scene object google_16k Scan '
        'LOD0 lod_2 modelLod1 textured_vhacd_12 raw_model visual models meshes tsdf poisson nonTextured'
    )
    named = 'chair model_1 mesh_0 b0 001 office original-1 1a2b3c old_model seat'
    assert [name for name in unnamed.split() if not is_unnamed(name)] == []
    assert [name for name in named.split() if is_unnamed(name)] == []


@pytest.mark.parametrize(
    ('names', 'objects'),
    [
        ('b0.stl b0.obj b1.off', {'b0': 'b0.obj', 'b1': 'b1.off'}),
        ('b0.stl b0.ply b0.glb b0.off b0.gltf', {'b0': 'b0.glb'}),
        ('b0_low.obj b0_high.stl', {'b0': 'b0_high.stl'}),
        ('b0.lod2.obj b0.lod1.obj b0.lod0.obj', {'b0': 'b0.lod0.obj'}),
        ('b0_lod_1.obj b0_lod_0.obj b0_collision.obj', {'b0': 'b0_lod_0.obj'}),
        ('b0_collision.obj b0.stl', {'b0': 'b0.stl'}),
        ('b0_textured.ply b0_watertight.obj', {'b0': 'b0_textured.ply'}),
        ('b0.obj b0/model.obj b1/b1.obj', {'b0': 'b0.obj', 'b1': 'b1/b1.obj'}),
        ('chair_1.obj chair_2.obj chair_10.obj', {f'chair_{number}': f'chair_{number}.obj' for number in (1, 2, 10)}),
        ('model_1.obj model_2.obj', {'model_1': 'model_1.obj', 'model_2': 'model_2.obj'}),
        ('x/textured.obj x/nontextured.ply x/collision.obj', {'x': 'x/textured.obj'}),
        ('x/models/model_normalized.obj', {'x': 'x/models/model_normalized.obj'}),
        (
            'x/google_16k/textured.obj x/google_64k/textured.obj x/tsdf/nontextured.ply x/clouds/merged_cloud.ply',
            {'x': 'x/google_16k/textured.obj'},
        ),
        ('x/x.obj x/x_low.obj x/x_vhacd_0.obj', {'x': 'x/x.obj'}),
        ('x/textured.obj x/textured_vhacd_0.obj x/textured_vhacd_1.obj', {'x': 'x/textured.obj'}),
        ('x/visual/part.obj x/collision/part.obj', {'x': 'x/visual/part.obj'}),
        ('x/Scan/Scan.obj', {'x': 'x/Scan/Scan.obj'}),
        ('collision.obj textured.obj', {'': 'textured.obj'}),
    ],
)  # fmt: skip
def test_one_mesh_of_each_object(names, objects):
    found = picked(names)
    assert {name: members[0] for name, members in found.items()} == objects
    assert sorted(path for members in found.values() for path in members) == sorted(names.split())


@pytest.mark.parametrize('names', ['x/seat.obj x/leg.obj', 'x/a/model.obj x/b/model.obj', 'x/mesh_0.obj x/mesh_1.obj'])
def test_folders_that_are_one_object_or_several(names):
    assert re.search(r"are they one object\? .* objects='folder' .* objects='file'", refused(picked, names))
    assert list(picked(names, 'folder')) == ['x']
    assert len(picked(names, 'file')) == 2


def test_formats_are_one_object_in_every_mode():
    for mode in ('auto', 'folder', 'file'):
        assert list(picked('b0.obj b0.stl b1.obj', mode)) == ['b0', 'b1']
