from __future__ import annotations

import multiprocessing

import numpy as np
import pytest
import torch

from zoo.ops import torch_backend

numba_backend = pytest.importorskip('zoo.ops.numba_backend')


@pytest.fixture
def two_threads(monkeypatch):
    """Make every call worth two threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr(numba_backend, 'WORK_PER_THREAD', 1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize('clouds', [1, 2, 5])
def test_threads_share_the_clouds(two_threads, generator, clouds):
    points = torch.randn(clouds, 80, 3, generator=generator)
    skipped = torch.rand(clouds, 80, generator=generator) < 0.2
    for name, arguments in {
        'farthest_points': (points, 20, 3, skipped),
        'farthest_points of all': (points, 20, 3, None),
        'nearest_points': (points[:, :9].contiguous(), points, 7),
        'nearest_index': (points[:, :9].contiguous(), points),
        'ball_members': (points[:, :9].contiguous(), points, 0.5, 7),
    }.items():
        found, expected = (getattr(module, name.split()[0])(*arguments) for module in (numba_backend, torch_backend))
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


def clouds_of(kind, generator):
    points = torch.randn(2, 400, 3, generator=generator)
    if kind == 'sphere':
        return points / points.norm(dim=-1, keepdim=True)
    if kind == 'ties':
        return (4 * points).round() / 4
    if kind == 'far apart':
        return points * torch.tensor([1e15, 1.0, 1e-15])
    if kind in ('plane', 'line', 'one place'):
        points[..., {'plane': 2, 'line': 1, 'one place': 0}[kind] :] = 0.25
    if kind == 'not finite':
        points[0, 7], points[1, 9, 0], points[1, 300, 2] = torch.nan, torch.inf, -torch.inf
    return points


@pytest.mark.parametrize('samples', [129, 390, 450])
@pytest.mark.parametrize(
    'kind', ['ball', 'sphere', 'ties', 'far apart', 'plane', 'line', 'one place', 'not finite', 'skipped']
)
def test_cells_that_are_left_alone_change_no_sample(generator, monkeypatch, kind, samples):
    points = clouds_of(kind, generator)
    skipped = torch.rand(2, 400, generator=generator) < 0.3 if kind == 'skipped' else None
    found = numba_backend.farthest_points(points, samples, 5, skipped)
    # The plain loop, not compiled, to the end.
    monkeypatch.setattr(numba_backend, 'PLAIN', samples)
    monkeypatch.setattr(numba_backend, '_farthest', numba_backend._farthest.py_func)
    with np.errstate(all='ignore'):
        assert torch.equal(found, numba_backend.farthest_points(points, samples, 5, skipped))


def _child(queue, points):
    queue.put(numba_backend.nearest_index(points, points.flip(1)).sum().item())


@pytest.mark.skipif('fork' not in multiprocessing.get_all_start_methods(), reason='no fork on this system')
@pytest.mark.filterwarnings('ignore::DeprecationWarning')
def test_a_forked_process_starts_its_own_threads(two_threads, generator):
    points = torch.randn(4, 30, 3, generator=generator)
    expected = numba_backend.nearest_index(points, points.flip(1)).sum().item()
    context = multiprocessing.get_context('fork')
    queue = context.Queue()
    process = context.Process(target=_child, args=(queue, points))
    process.start()
    try:
        assert queue.get(timeout=30) == expected
    finally:
        process.join(5)
        process.kill()


def test_compiles_without_a_folder_for_the_cache(monkeypatch):
    asked = []

    def njit(**options):
        asked.append(options)
        if options.get('cache'):
            raise RuntimeError('cannot cache function: no locator available')
        return lambda function: function

    monkeypatch.setattr(numba_backend, 'njit', njit)
    assert numba_backend._compiled(len) is len
    assert asked == [{'nogil': True, 'cache': True}, {'nogil': True}]
