"""One pass over the objects: every object once, and what is kept of it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.catalogue.clouds import Clouds, random_clouds
from tests.datasets.layouts.writers_modelnet import write_modelnet
from zoo.datasets import ProceduralShapes, ShapePack
from zoo.datasets.catalogue import scan as module
from zoo.datasets.catalogue.scan import part_numbers, scan
from zoo.datasets.layouts.modelnet import ModelNet


def contents(clouds):
    return [probe.content for probe in scan(Clouds(clouds), range(len(clouds)))]


def test_figures_of_a_cloud():
    cloud = np.array([[3, 4, 0], [3, 4, 0], [0, 0, 0], [0, 0, 2]], dtype=np.float32)
    (probe,) = scan(Clouds([cloud]), [0])
    assert (probe.points, probe.distinct) == (4, 3)
    assert probe.radius == 5
    assert probe.offset == pytest.approx(np.linalg.norm(cloud.mean(axis=0)))


def test_the_content_follows_the_points_and_not_their_order():
    (cloud,) = random_clouds(1, 100)
    order = np.random.default_rng(1).permutation(100)
    one, other = contents([cloud, cloud[order]])
    assert one == other
    with_zero, with_minus_zero = cloud.copy(), cloud.copy()
    with_zero[3, 1], with_minus_zero[3, 1] = 0.0, -0.0
    one, other = contents([with_zero, with_minus_zero])
    assert one == other


def test_every_change_changes_the_content():
    (cloud,) = random_clouds(1, 50)
    changed = [cloud]
    for row, column in ((0, 0), (7, 1), (49, 2)):
        other = cloud.copy()
        other[row, column] = np.nextafter(other[row, column], np.float32(9))
        changed.append(other)
    changed += [cloud[:, [1, 0, 2]], cloud[:-1], np.concatenate([cloud, cloud[:1]]), -cloud]
    # Two points that exchange one coordinate each have the same columns and are another cloud.
    crossed = cloud.copy()
    crossed[[0, 1], 0] = crossed[[1, 0], 0]
    changed.append(crossed)
    assert len(set(contents(changed))) == len(changed)


def test_half_precision_is_compared_by_value(tmp_path):
    pts = np.random.default_rng(0).standard_normal((3, 20, 3)).astype(np.float16)
    np.savez(tmp_path / 'half.npz', pts=pts)
    np.savez(tmp_path / 'single.npz', pts=pts.astype(np.float32))
    half, single = (ShapePack(tmp_path / f'{name}.npz', split='all') for name in ('half', 'single'))
    assert [probe.content for probe in scan(half, range(3))] == [probe.content for probe in scan(single, range(3))]


@pytest.mark.parametrize(
    ('cloud', 'message'),
    [
        (np.full((4, 3), np.nan), 'clouds/1.npy has NaN or infinity'),
        (np.zeros((4, 2)), 'clouds/1.npy has points of shape'),
        (np.zeros((0, 3)), 'clouds/1.npy has points of shape'),
    ],
)
def test_an_object_that_cannot_be_used_does_not_hide_the_others(cloud, message):
    good = random_clouds(2)
    dataset = Clouds([good[0], cloud, good[1], good[1]], broken=[2])
    probes = scan(dataset, [1, 2, 0])
    assert [probe.index for probe in probes] == [1, 2, 0]
    assert dataset.reads.tolist() == [1, 1, 1, 0]
    assert message in probes[0].error
    assert [probe.error for probe in probes[1:]] == ['clouds/2.npy is cut off: fetch it again', '']


def test_part_labels_are_those_of_the_class():
    clouds = random_clouds(3, 4)
    parts = [np.array([0, 1, 1, 0]), np.array([2, 3, 3, 2]), np.array([0] * 4)]
    dataset = Clouds(clouds, labels=[0, 1, 1], parts=parts)
    assert not any(probe.error for probe in scan(dataset, range(3)))
    dataset.parts = {'chair': [0, 1], 'table': [2, 3]}
    assert [bool(probe.error) for probe in scan(dataset, range(3))] == [False, False, True]
    dataset.part_labels[0] = np.array([0, 1])
    assert 'parts of shape' in scan(dataset, [0])[0].error


def test_parts_by_name_are_positions():
    dataset = Clouds(random_clouds(1))
    dataset.parts = {'chair': ('seat', 'back', 'legs'), 'table': [7, 8], 'lamp': ()}
    assert part_numbers(dataset) == {'chair': {0, 1, 2}, 'table': {7, 8}, 'lamp': frozenset()}
    del dataset.parts
    assert part_numbers(dataset) == {}


def test_pictures_are_looked_at_where_there_are_some():
    dataset = ProceduralShapes(num_objects=3, num_points=32, image_size=16, images=True)
    assert not any(probe.error for probe in scan(dataset, range(3)))
    dataset.image = lambda index, view: np.zeros((4, 4), dtype=np.uint8)
    assert all('picture 0' in probe.error for probe in scan(dataset, range(3)))


def test_two_copies_of_a_mesh_are_one_object(tmp_path):
    """Points are drawn from each of them anew; what they share is the file."""
    write_modelnet(tmp_path, 'off', 10, train=3)  # of every class the first and the third are the same file
    dataset = ModelNet('train', num_classes=10, layout='off', data_root=tmp_path, num_points=16)
    one, other, copy = scan(dataset, range(3))
    assert len({one.content, other.content, copy.content}) == 3
    assert one.identity == copy.identity != other.identity


def test_helping_processes_change_nothing(monkeypatch):
    dataset = Clouds(random_clouds(12), broken=(5,))
    alone = scan(dataset, range(12))
    monkeypatch.setattr(module, 'FEW', 0)
    together = scan(dataset, range(12), workers=2)
    assert [(probe.content, probe.error) for probe in alone] == [(probe.content, probe.error) for probe in together]
    assert dataset.reads.sum() == 12  # the others were read elsewhere
