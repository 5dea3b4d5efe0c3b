"""What holds for every function: precision, layout, empty batches, NaN, and the contexts torch can be in."""

from __future__ import annotations

import functools

import pytest
import torch

from zoo import ops
from zoo.ops import backend, validate

CALLS = {
    'fps': functools.partial(ops.farthest_point_sample, num_samples=6),
    'fps_skip': functools.partial(ops.farthest_point_sample, num_samples=6, skip_near_origin=True),
    'ball': lambda points: ops.ball_query(points[:, :5], points, 0.9, 4),
    'knn': lambda points: ops.knn(points[:, :5], points, 4),
    'group': lambda points: ops.group(points, 5, 4),
    'chamfer_1': lambda points: ops.chamfer_distance(points[:, ::2], points[:, 1::2], norm=1),
    'chamfer_2': lambda points: ops.chamfer_distance(points[:, ::2], points[:, 1::2], reduction='none'),
}
each_call = pytest.mark.parametrize('call', CALLS.values(), ids=CALLS.keys())
same = functools.partial(torch.testing.assert_close, rtol=0, atol=0)


@pytest.fixture
def points(generator):
    return torch.randn(3, 24, 3, generator=generator)


@each_call
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(each_backend, points, call, dtype):
    half = points.to(dtype)
    same(call(half), call(half.float()))


@each_call
def test_memory_layout_does_not_matter(each_backend, points, call):
    strided = torch.empty(3, 3, 48).transpose(1, 2)[:, ::2].copy_(points)
    assert not strided.is_contiguous()
    same(call(strided), call(points))


@each_call
def test_clouds_do_not_depend_on_their_batch(each_backend, points, call):
    whole = call(points)
    single = [call(points[i : i + 1]) for i in range(3)]
    if torch.is_tensor(whole) and not whole.dim():
        same(torch.stack(single).mean(), whole)
    elif torch.is_tensor(whole):
        same(torch.cat(single), whole)
    else:
        same(tuple(torch.cat(parts) for parts in zip(*single, strict=True)), whole)


@each_call
def test_empty_batch_gives_empty_result(each_backend, points, call):
    full, empty = call(points), call(points[:0])
    for one, none in zip(*((x,) if torch.is_tensor(x) else x for x in (full, empty)), strict=True):
        assert none.dtype == one.dtype
        assert none.shape == (torch.Size([]) if not one.dim() else torch.Size([0, *one.shape[1:]]))
        assert not none.isnan().any()


@each_call
def test_clouds_have_three_coordinates_of_floats(points, call):
    with pytest.raises(ValueError, match=r'must have the shape \(B, N, 3\), got \(3, \d+, 2\)'):
        call(points[..., :2])
    with pytest.raises(ValueError, match='must be floating point'):
        call(points.long())


@pytest.mark.parametrize(
    ('a', 'b', 'words'),
    [
        (torch.zeros(4, 3), torch.zeros(2, 4, 3), r'a must have the shape \(B, N, 3\), got \(4, 3\)'),
        (torch.zeros(2, 4, 3), torch.zeros(3, 4, 3), 'a has 2 clouds, b has 3'),
        (torch.zeros(2, 0, 3), torch.zeros(3, 4, 3), 'a has 2 clouds, b has 3'),
        (torch.zeros(2, 4, 3), torch.zeros(2, 0, 3), 'b must hold at least one point'),
        (torch.zeros(2, 4, 3, device='meta'), torch.zeros(2, 4, 3), 'a is on meta, b is on cpu'),
    ],
)
def test_clouds_that_do_not_fit_are_named(a, b, words):
    with pytest.raises(ValueError, match=words):
        validate.as_clouds(a, b, names=('a', 'b'), may_be_empty='a')


@pytest.mark.parametrize(
    ('name', 'count'),
    [
        ('num_samples', lambda points: ops.farthest_point_sample(points, 0)),
        ('k', lambda points: ops.knn(points, points, 0)),
        ('k', lambda points: ops.ball_query(points, points, 1.0, 0)),
        ('k', lambda points: ops.feature_knn(points, 0)),
        ('num_groups', lambda points: ops.group(points, 0, 4)),
        ('group_size', lambda points: ops.group(points, 4, 0)),
    ],
)
def test_counts_begin_with_one(points, name, count):
    with pytest.raises(ValueError, match=f'{name} must be at least 1, got 0'):
        count(points)


@each_call
@pytest.mark.parametrize('value', [float('nan'), float('inf'), float('-inf')])
def test_broken_coordinates_name_the_cloud(each_backend, points, call, value):
    points[1, 4, 2] = value
    with pytest.raises(ValueError, match=r'NaN or infinite coordinates at batch index 1$'):
        call(points)


def test_the_broken_input_is_named_and_its_clouds_are_counted(points):
    broken = points.clone()
    broken[1:, 0, 0] = float('nan')
    with pytest.raises(ValueError, match=r'^reference: .* at batch index 1 \(and 1 more\)$'):
        ops.knn(points, broken, 2)


def test_large_finite_coordinates_pass(each_backend):
    points = torch.full((2, 40, 3), 3e38)
    points[:, 0] = 0
    assert torch.isinf(points.sum())
    assert ops.farthest_point_sample(points, 3).tolist() == [[0, 1, 2]] * 2


def test_the_check_can_be_left_out(each_backend, points):
    points[0, 3] = float('nan')
    backend.set_checks(False)
    try:
        for call in CALLS.values():
            call(points)
    finally:
        backend.set_checks(True)
    with pytest.raises(ValueError, match='batch index 0'):
        ops.farthest_point_sample(points, 3)


@each_call
def test_autocast_changes_nothing(each_backend, points, call):
    with torch.autocast('cpu', dtype=torch.bfloat16):
        inside = call(points)
    same(inside, call(points))


@each_call
def test_inference_mode(each_backend, points, call):
    with torch.inference_mode():
        inside = call(points.clone())
    same(inside, call(points))


@each_call
def test_inputs_are_left_alone(each_backend, points, call):
    before = points.clone()
    call(points)
    assert torch.equal(points, before)


@each_call
def test_one_graph_under_compile(points, call):
    compiled = torch.compile(call, backend='eager', fullgraph=True)
    same(compiled(points), call(points))


@pytest.fixture
def noted(monkeypatch):
    """Coordinates that come as if from a GPU, of which nothing has been seen."""
    monkeypatch.setattr(validate, '_largest', {})
    return lambda *values: validate._note((torch.tensor([[values]]),))


@pytest.mark.parametrize('value', [float('nan'), float('inf'), float('-inf')])
def test_what_was_not_waited_for_is_raised_once(noted, value):
    noted(1.0, -3e38, 2.0)
    ops.raise_pending()
    with torch.inference_mode():
        noted(0.0, value, 1.0)
    noted(1.0, 2.0, 3.0)
    with pytest.raises(ValueError, match=r'NaN or infinite coordinates came to zoo.ops on cpu'):
        ops.raise_pending()
    noted(1.0, 2.0, 3.0)
    ops.raise_pending()


@pytest.fixture
def cuda_points(points):
    if not torch.cuda.is_available():
        pytest.skip('needs a CUDA device')
    return points.cuda()


@pytest.mark.gpu
@each_call
@pytest.mark.parametrize('name', ['auto', 'torch'])
def test_a_gpu_gives_the_same_and_is_not_waited_for(cuda_points, points, call, name):
    expected = call(points)
    with backend.use_backend(name):
        call(cuda_points)
        torch.cuda.set_sync_debug_mode('error')
        try:
            found = call(cuda_points)
        finally:
            torch.cuda.set_sync_debug_mode('default')
    for one, other in zip(*((x,) if torch.is_tensor(x) else x for x in (found, expected)), strict=True):
        torch.testing.assert_close(one.cpu(), other, rtol=1e-6 if one.is_floating_point() else 0, atol=0)


@pytest.mark.gpu
@each_call
def test_a_captured_graph_gives_the_same(cuda_points, call):
    expected = call(cuda_points)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        found = call(cuda_points)
    graph.replay()
    same(found, expected)


@pytest.mark.gpu
@each_call
def test_broken_coordinates_on_a_gpu_are_raised_later(cuda_points, call):
    ops.raise_pending()
    cuda_points[1, 4, 2] = float('nan')
    call(cuda_points)
    with pytest.raises(ValueError, match='on cuda'):
        ops.raise_pending()
