from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.meshes.solids import painted
from tests.refusals import refused
from zoo.datasets.meshes.bake import Recipe, bake, write_arrays
from zoo.datasets.meshes.mesh import join
from zoo.datasets.meshes.views import view
from zoo.datasets.procedural.primitives import box

TOWER = painted(join([box(1, 1, 1), box(0.2, 3, 0.2).moved(y=2)]))


def test_shapes_types_and_the_normal_form():
    baked = bake(TOWER, Recipe(500, 2, 16), 'a')
    assert {key: (value.shape, str(value.dtype)) for key, value in baked.items()} == {
        'points': ((500, 3), 'float32'),
        'normals': ((500, 3), 'float32'),
        'colors': ((500, 3), 'uint8'),
        'views': ((2, 16, 16, 3), 'uint8'),
    }
    assert np.allclose(baked['points'].mean(axis=0), 0, atol=1e-6)
    assert np.linalg.norm(baked['points'], axis=1).max() == pytest.approx(1, abs=1e-6)
    assert np.ptp(baked['points'], axis=0).argmax() == 1
    assert np.allclose(np.linalg.norm(baked['normals'], axis=1), 1, atol=1e-6)
    assert (baked['colors'] == (255, 0, 0)).all()
    assert bake(TOWER, Recipe(5), 'a')['views'].shape == (0, 128, 128, 3)


def test_everything_follows_from_seed_and_name():
    first, again = (bake(TOWER, Recipe(64, 1, 16, seed=3), 'a') for _ in range(2))
    assert all(np.array_equal(first[key], again[key]) for key in first)
    for other in (bake(TOWER, Recipe(64, 1, 16, seed=3), 'b'), bake(TOWER, Recipe(64, 1, 16, seed=4), 'a')):
        assert not np.array_equal(first['points'], other['points'])
        assert not np.array_equal(first['views'], other['views'])
    assert np.array_equal(first['points'], bake(TOWER, Recipe(64, 3, 16, seed=3), 'a')['points'])


def test_views_go_around():
    """A box that is red in front and grey behind: the first view sees the front, the third does not."""
    item = painted(box(1, 1, 0.2), (0.4, 0.4, 0.4))
    front = item.normals[item.mesh.faces[:, 0]][:, 2] > 0.5
    item.color[front] = (1, 0, 0)
    for seed in range(3):
        shots = [view(item, 24, number, 4, np.random.default_rng(seed)).astype(int) for number in range(4)]
        red = [int(((shot[..., 0] - shot[..., 1]) > 60).sum()) for shot in shots]
        assert red[0] > 60
        assert red[1] == red[2] == 0


@pytest.mark.parametrize('options', [{'num_points': 0}, {'views': -1}, {'image_size': 0}, {'seed': -1}, {'up': 'x'}])
def test_a_recipe_that_makes_no_sense(options):
    assert next(iter(options)) in refused(Recipe, **options)


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / 'a.npz'
    write_arrays(path, {'points': np.zeros((2, 3))})
    before = path.read_bytes()

    def fail(*_, **__):
        raise OSError('no space')

    monkeypatch.setattr(np, 'savez', fail)
    with pytest.raises(OSError, match='no space'):
        write_arrays(path, {'points': np.ones((2, 3))})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ['a.npz']
