from __future__ import annotations

import copy
import random

import pytest
import torch
from torch import nn

from tests.refusals import refused
from tests.teachers.toys import ColorTeacher


@pytest.fixture
def file(tmp_path):
    return ColorTeacher.write(tmp_path / 'weights.pt')


def by_hand(file, images):
    weights = torch.load(file, weights_only=True)
    return images.mean((2, 3)) @ weights['0.weight'].T + weights['0.bias']


def test_frozen_network_is_outside_of_the_module_tree(file):
    teacher = ColorTeacher(file)
    student = nn.ModuleDict({'teacher': teacher, 'head': nn.Linear(2, 2)})
    assert not teacher.loaded
    images = torch.rand(5, 3, 4, 6)
    features = teacher(images)
    assert teacher.loaded
    torch.testing.assert_close(features, by_hand(file, images))
    assert set(student.state_dict()) == {'head.weight', 'head.bias'}
    assert len(list(student.parameters())) == 2
    assert list(teacher.modules()) == [teacher]
    student.load_state_dict(student.state_dict(), strict=True)


def test_frozen_network_has_no_gradient_and_stays_in_eval_mode(file):
    teacher = ColorTeacher(file).train()
    images = torch.rand(64, 3, 4, 4, requires_grad=True)
    features = teacher(images)
    assert not features.requires_grad
    teacher.train()
    assert torch.equal(teacher(images), features)  # dropout would change it


def test_trained_network_is_an_ordinary_submodule(file):
    teacher = ColorTeacher(file, frozen=False)
    assert set(teacher.state_dict()) == {'network.0.weight', 'network.0.bias'}
    images = torch.rand(3, 3, 4, 4)
    teacher.eval()
    torch.testing.assert_close(teacher(images), by_hand(file, images))
    teacher(images).sum().backward()
    assert all(parameter.grad is not None for parameter in teacher.parameters())
    teacher.train()
    assert not torch.equal(teacher(images), teacher(images))  # dropout follows the mode
    with torch.no_grad():
        assert not teacher(images).requires_grad


@pytest.mark.parametrize('early', [True, False])
def test_follows_to(file, early):
    teacher = ColorTeacher(file)
    holder = nn.Sequential(teacher)
    images = torch.rand(2, 3, 4, 4)
    if early:
        teacher(images)
    holder.to(torch.float64)
    assert teacher(images).dtype == torch.float32
    assert next(teacher._network().parameters()).dtype == torch.float64
    holder.to('meta')
    assert teacher.device.type == 'meta'


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_follows_to_a_gpu(file):
    teacher = ColorTeacher(file).to('cuda')
    images = torch.rand(2, 3, 4, 4)
    assert teacher(images).device.type == 'cuda'
    torch.testing.assert_close(teacher.to('cpu')(images), by_hand(file, images))


def test_loading_leaves_the_random_generators_alone(file):
    torch.manual_seed(3)
    random.seed(3)
    before, python = torch.get_rng_state(), random.getstate()
    ColorTeacher(file)(torch.rand(1, 3, 2, 2, generator=torch.Generator()))
    assert torch.equal(torch.get_rng_state(), before)
    assert random.getstate() == python


def test_release_and_copies(file):
    teacher = ColorTeacher(file)
    images = torch.rand(2, 3, 4, 4)
    features = teacher(images)
    assert torch.equal(copy.deepcopy(teacher)(images), features)
    teacher.release()
    assert not teacher.loaded
    assert torch.equal(teacher(images), features)


def test_fingerprint_names_type_weights_and_preprocessing(tmp_path, file):
    class Other(ColorTeacher):
        pass

    class Scaled(ColorTeacher):
        def _preprocessing(self):
            return {'size': 3}

    Scaled.__name__ = 'ColorTeacher'
    own = ColorTeacher(file).fingerprint
    assert own.startswith('ColorTeacher:')
    (tmp_path / 'copy').mkdir()
    elsewhere = tmp_path / 'copy' / 'weights.pt'
    elsewhere.write_bytes(file.read_bytes())
    assert ColorTeacher(elsewhere).fingerprint == own
    (tmp_path / 'other').mkdir()
    changed = ColorTeacher.write(tmp_path / 'other' / 'weights.pt', seed=1)
    assert len({own, ColorTeacher(changed).fingerprint, Other(file).fingerprint, Scaled(file).fingerprint}) == 4


def test_a_width_that_the_weights_do_not_have_is_named(file):
    teacher = ColorTeacher(file)
    teacher.embed_dim = 7
    assert 'set embed_dim=4' in refused(teacher, torch.rand(1, 3, 2, 2))


@pytest.mark.parametrize('content', [b'', b'not a checkpoint', None])
def test_damaged_weights_are_one_line(tmp_path, content):
    file = tmp_path / 'weights.pt'
    if content is None:
        torch.save({'0.weight': torch.zeros(2, 3)}, file)
    else:
        file.write_bytes(content)
    assert f'ColorTeacher cannot be loaded from {tmp_path}' in refused(ColorTeacher(file), torch.rand(1, 3, 2, 2))
