from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.benchmarks.protocols.parts import slow_features
from tests.datasets.meshes.solids import save_box
from tests.layouts import write_pack
from tests.refusals import refused
from zoo.visualize.objects import load_clouds, load_model, load_objects


@pytest.fixture
def pack(tmp_path):
    return str(write_pack(tmp_path / 'pack.npz', 40, num_points=48))


def test_clouds_are_those_of_the_test_split_as_a_fine_tuned_model_sees_them(pack):
    some, more = load_objects(pack, [2, 0]), load_objects(pack, [0, 1, 2])
    found = load_clouds(some, 24)
    assert found.shape == (2, 24, 3)
    torch.testing.assert_close(found, load_clouds(more, 24)[[2, 0]])
    slow = slow_features(lambda points: points.flatten(1), some, 24, order='shape')
    torch.testing.assert_close(found.flatten(1), torch.from_numpy(slow))


def test_built_in_shapes_are_made_only_as_far_as_they_are_needed():
    assert len(load_objects('procedural', [1]).parent) == 2


def test_meshes_with_z_up_are_turned(tmp_path):
    for number in range(2):
        save_box(tmp_path / 'tower' / f'{number}.obj', 0.5, 0.4, 3)
    lying, upright = (load_clouds(load_objects(str(tmp_path), [0], [f'up={up}']), 256)[0] for up in 'yz')
    assert np.ptp(lying.numpy(), axis=0).argmax() == 2
    assert np.ptp(upright.numpy(), axis=0).argmax() == 1


def test_what_cannot_be_drawn_is_named(pack):
    assert 'no object 4000' in refused(load_objects, pack, [4000])
    assert 'fewer than --points 64' in refused(load_clouds, load_objects(pack, [0]), 64)
    assert 'without a student' in refused(load_model, 'configs/point_bert/dvae_nano.py')


def test_a_model_says_what_its_weights_are():
    model, what = load_model('configs/point_mae/nano.py')
    assert what == 'random weights'
    assert not model.training
