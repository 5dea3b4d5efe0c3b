from __future__ import annotations

import contextlib
import re
import sys

import pytest
import torch

from tests.refusals import refused
from zoo.errors import UsageError
from zoo.ops import backend, farthest_point_sample

needs_numba = pytest.mark.skipif('numba' not in backend.available_backends(), reason='numba cannot be imported')


@pytest.fixture
def unset(monkeypatch):
    """The state of a fresh process."""
    monkeypatch.setattr(backend, '_chosen', None)
    monkeypatch.delenv('ZOO_OPS_BACKEND', raising=False)


@pytest.fixture
def without_accelerators(monkeypatch):
    for name in ('numba', 'triton'):
        monkeypatch.setitem(sys.modules, name, None)
    backend._importable.cache_clear()
    yield
    monkeypatch.undo()
    backend._importable.cache_clear()


def test_auto_is_the_default(unset):
    assert backend.get_backend() == 'auto'


@pytest.mark.parametrize('name', ['auto', 'torch', pytest.param('numba', marks=needs_numba)])
def test_environment_chooses(unset, monkeypatch, name):
    monkeypatch.setenv('ZOO_OPS_BACKEND', name)
    assert backend.get_backend() == name


def test_wrong_environment_is_named(unset, monkeypatch):
    monkeypatch.setenv('ZOO_OPS_BACKEND', 'cuda')
    with pytest.raises(UsageError, match="ZOO_OPS_BACKEND is 'cuda'; choose one of auto, torch, numba, triton"):
        farthest_point_sample(torch.zeros(1, 2, 3), 1)


def test_block_restores_the_choice_after_an_error():
    before = backend.get_backend()
    inside = []
    with contextlib.suppress(RuntimeError), backend.use_backend('torch'):
        inside.append(backend.get_backend())
        raise RuntimeError
    assert (inside, backend.get_backend()) == (['torch'], before)


@needs_numba
@pytest.mark.parametrize(
    ('choice', 'dtype', 'device', 'expected'),
    [
        ('auto', torch.float32, 'cpu', 'numba'),
        ('numba', torch.float32, 'cpu', 'numba'),
        ('torch', torch.float32, 'cpu', 'torch'),
        ('auto', torch.float64, 'cpu', 'torch'),
        ('numba', torch.float32, 'meta', 'torch'),
    ],
)
def test_tensor_decides_what_suits_it(choice, dtype, device, expected):
    with backend.use_backend(choice):
        assert backend.backend_for(torch.zeros(1, 1, 3, dtype=dtype, device=device)) == expected


def test_without_accelerators_auto_means_torch(without_accelerators):
    assert backend.available_backends('cpu') == backend.available_backends('cuda') == ('torch',)
    with backend.use_backend('auto'):
        assert backend.backend_for(torch.zeros(1, 1, 3)) == 'torch'


@pytest.mark.parametrize('name', ['numba', 'triton'])
def test_asking_for_what_is_missing_says_what_to_do(without_accelerators, name):
    assert re.search(f'pip install {name}', refused(backend.set_backend, name))


def test_asking_for_triton_without_a_gpu_says_so(monkeypatch):
    monkeypatch.setattr(backend, '_importable', lambda name: True)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    monkeypatch.delenv('TRITON_INTERPRET', raising=False)
    assert "'triton', which needs a GPU" in refused(backend.set_backend, 'triton')


def test_broken_numba_warns_and_falls_back(monkeypatch):
    def refuse(name):
        raise ImportError('Numba needs NumPy 1.0 or less')

    backend._importable.cache_clear()
    monkeypatch.setattr(backend.importlib, 'import_module', refuse)
    with pytest.warns(UserWarning, match='Numba needs NumPy'):
        assert backend.available_backends() == ('torch',)
    backend._importable.cache_clear()
