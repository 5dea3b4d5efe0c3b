"""Kernels of a GPU: on one where there is one, else in the interpreter, whose slowness keeps the clouds small."""

from __future__ import annotations

import pytest
import torch

from tests.ops import oracles
from tests.shared import run_python
from zoo import ops
from zoo.ops import backend, torch_backend

triton_backend = pytest.importorskip('zoo.ops.triton_backend', reason='Triton cannot be imported: pip install triton')
DEVICE = 'cuda' if torch.cuda.is_available() else 'cpu'
KINDS = ('normal', 'lattice', 'one place', 'large', 'tiny', 'strided')

COMPILE = """
import torch
from triton.backends.compiler import GPUTarget
from triton.runtime import JITFunction, driver

class Driver:
    get_current_target = lambda self: GPUTarget('cuda', 90, 32)
    get_current_device = lambda self: 0
    get_current_stream = lambda self, device=None: 0

def compile_only(kernel, *arguments, grid, warmup, **settings):
    made = run(kernel, *arguments, grid=grid, warmup=True, **settings)
    print(made.name, len(made.asm['cubin']) > 0, made.asm['ptx'].count('fma.'), made.asm['ptx'].count('.ftz'))

driver.set_active(Driver())
run, JITFunction.run = JITFunction.run, compile_only
from zoo.ops import triton_backend

points = torch.zeros(2, 40, 3)
triton_backend.farthest_points(points, 7, 0, None)
triton_backend.farthest_points(points, 7, 3, torch.zeros(2, 40, dtype=torch.bool))
triton_backend.nearest_points(points, points, 4)
triton_backend.neighborhoods(points, points, 41)
distance, *chosen = triton_backend.chamfer(points, points, 1)
triton_backend.chamfer_gradient(distance, points, points, *chosen, 1)
"""


@pytest.fixture(autouse=True)
def _chosen():
    with backend.use_backend('triton'):
        yield


def clouds(kind, generator, size=13):
    """Two clouds whose number of points is no power of two."""
    return oracles.hard_clouds(kind, generator, 2, size).to(DEVICE)


def same(found, expected):
    torch.testing.assert_close(found, expected, rtol=0, atol=0, check_device=False)


def test_the_kernels_are_those_of_triton(generator):
    assert backend.fused_for(clouds('normal', generator)) is triton_backend


@pytest.mark.parametrize('kind', KINDS)
def test_farthest_points(generator, kind):
    points = clouds(kind, generator)
    same(ops.farthest_point_sample(points, 8), oracles.batch_fps(points.cpu(), 8))


@pytest.mark.parametrize('skip', [False, True])
def test_farthest_points_of_a_short_cloud_in_a_cycle(generator, skip):
    points = clouds('lattice', generator, 5)
    points[0, 1:3] = 0
    points[1, :4] = 0.01
    found = ops.farthest_point_sample(points, 9, start=2, skip_near_origin=skip)
    same(found, oracles.batch_fps(points.cpu(), 9, 2, skip))


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('k', [4, 15])
def test_neighbors(generator, kind, k):
    points = clouds(kind, generator)
    found, expected = ops.knn(points[:, 4:6], points, k), oracles.batch_knn(points[:, 4:6].cpu(), points.cpu(), k)
    same(found, expected)
    same(triton_backend.nearest_index(points[:, 4:5], points), expected[1][:, :1, 0])


@pytest.mark.parametrize('kind', ['normal', 'lattice', 'strided'])
@pytest.mark.parametrize(('num_groups', 'group_size'), [(3, 4), (7, 9)])
def test_groups_and_their_gradient(generator, kind, num_groups, group_size):
    points = clouds(kind, generator, 6).requires_grad_()
    weight = torch.randn(2, num_groups, group_size, 3, generator=generator).to(DEVICE)
    answers = []
    for name in ('triton', 'torch'):
        with backend.use_backend(name):
            relative, centers = ops.group(points, num_groups, group_size)
            gradient = torch.autograd.grad((relative * weight).sum() + centers.square().sum(), points)[0]
            answers.append((relative, centers, gradient))
    same(*answers)


@pytest.mark.parametrize('norm', [1, 2])
@pytest.mark.parametrize('sizes', [(7, 5), (1, 33), (40, 1)])
def test_chamfer_and_its_gradient(generator, norm, sizes):
    a, b = (torch.randn(2, size, 3, generator=generator).to(DEVICE).requires_grad_() for size in sizes)
    weight = torch.tensor([2.0, -3.0])
    found = ops.chamfer_distance(a, b, norm=norm, reduction='none')
    expected = torch.stack([oracles.chamfer(x, y, norm) for x, y in zip(a.cpu(), b.cpu(), strict=True)])
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-6, atol=0)
    found, expected = (torch.autograd.grad((d.cpu() * weight).sum(), (a, b)) for d in (found, expected))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('norm', [1, 2])
def test_chamfer_chooses_the_lowest_of_equals_and_has_no_slope_at_zero(generator, norm):
    a = clouds('lattice', generator, 9)
    b = torch.cat([a, a], dim=1).flip(1)
    found = triton_backend.chamfer(a, b, norm)
    same(found[1], torch_backend.nearest_index(a, b))
    same(found[2], torch_backend.nearest_index(b, a))
    distance = ops.chamfer_distance(a.requires_grad_(), b, norm=norm)
    distance.backward()
    assert distance.item() == 0
    assert (a.grad == 0).all()


def test_a_gradient_of_the_gradient(generator):
    a, b = (clouds('normal', generator, 5).requires_grad_() for _ in range(2))
    answers = []
    for name in ('triton', 'torch'):
        with backend.use_backend(name):
            first = torch.autograd.grad(ops.chamfer_distance(a, b, norm=1), a, create_graph=True)[0]
            answers.append(torch.autograd.grad(first.square().sum(), (a, b)))
    torch.testing.assert_close(*answers)


@pytest.mark.filterwarnings('ignore::RuntimeWarning')  # the interpreter's numpy
def test_what_is_not_finite_leads_to_no_other_place(generator):
    points = clouds('normal', generator, 5)
    points[0, 1], points[1, :] = float('nan'), float('inf')
    found = triton_backend.farthest_points(points, 7, 0, None)
    assert ((found >= 0) & (found < 5)).all()
    found = triton_backend.nearest_points(points, points, 5)[1]
    assert ((found >= 0) & (found < 5)).all()
    distance, there, back = triton_backend.chamfer(points, points.flip(1), 2)
    assert not distance.isfinite().any()
    assert ((there >= 0) & (there < 5) & (back >= 0) & (back < 5)).all()


def test_what_does_not_suit_is_left_to_torch(monkeypatch, generator):
    points = clouds('normal', generator, 5)
    assert backend.backend_for(points.double()) == 'torch'
    monkeypatch.setattr(backend, 'LARGEST_CLOUD', 4)
    assert backend.backend_for(points) == 'torch'


def test_launches_compile_for_a_gpu_without_fused_arithmetic(tmp_path):
    """All but the launch itself, whose arguments the compiler sees too; ``ftz`` would lose what is tiny."""
    said = run_python('-c', COMPILE, unset=('TRITON_INTERPRET',), TRITON_CACHE_DIR=str(tmp_path))
    names = ['_farthest', '_farthest', '_nearest', '_nearest', '_chamfer', '_chamfer_gradient']
    assert said.splitlines() == [f'{name} True 0 0' for name in names]
