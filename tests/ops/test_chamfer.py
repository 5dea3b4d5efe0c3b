from __future__ import annotations

import pytest
import torch

from tests.ops import oracles
from zoo.ops import chamfer_distance


def clouds(generator, dtype=torch.float32, grad=False, sizes=(7, 11)):
    return [torch.randn(4, size, 3, generator=generator, dtype=dtype, requires_grad=grad) for size in sizes]


@pytest.mark.parametrize('norm', [1, 2])
@pytest.mark.parametrize('sizes', [(7, 11), (32, 32), (1, 5), (5, 1), (1, 1)])
def test_equals_the_definition(each_backend, generator, norm, sizes):
    a, b = clouds(generator, sizes=sizes)
    expected = torch.stack([oracles.chamfer(x, y, norm) for x, y in zip(a, b, strict=True)])
    torch.testing.assert_close(chamfer_distance(a, b, norm=norm, reduction='none'), expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(chamfer_distance(a, b, norm=norm), expected.mean(), rtol=1e-6, atol=0)


def test_known_values(each_backend):
    a, b = torch.tensor([[[0.0, 0, 0], [4, 0, 0]]]), torch.tensor([[[0.0, 3, 0]]])
    assert chamfer_distance(a, b).item() == (9 + 25) / 2 + 9
    assert chamfer_distance(a, b, norm=1).item() == ((3 + 5) / 2 + 3) / 2


@pytest.mark.parametrize('norm', [1, 2])
def test_gradient_is_that_of_the_full_table(each_backend, generator, norm):
    a, b = clouds(generator, grad=True)
    found = torch.autograd.grad(chamfer_distance(a, b, norm=norm), (a, b))
    full = torch.stack([oracles.chamfer(x, y, norm) for x, y in zip(a, b, strict=True)]).mean()
    torch.testing.assert_close(found, torch.autograd.grad(full, (a, b)), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize('norm', [1, 2])
@pytest.mark.parametrize('reduction', ['mean', 'none'])
def test_gradcheck(generator, norm, reduction):
    a, b = (cloud[:2] for cloud in clouds(generator, torch.float64, grad=True, sizes=(3, 4)))
    assert torch.autograd.gradcheck(lambda x, y: chamfer_distance(x, y, norm=norm, reduction=reduction), (a, b))
    assert torch.autograd.gradgradcheck(lambda x, y: chamfer_distance(x, y, norm=norm, reduction=reduction), (a, b))


@pytest.mark.parametrize('norm', [1, 2])
def test_gradient_is_zero_where_clouds_coincide(each_backend, generator, norm):
    a = torch.randn(2, 6, 3, generator=generator).requires_grad_()
    distance = chamfer_distance(a, a.detach().flip(1), norm=norm)
    distance.backward()
    assert distance.item() == 0
    assert (a.grad == 0).all()


@pytest.mark.parametrize('norm', [1, 2])
def test_symmetry_permutation_and_duplicates(each_backend, generator, norm):
    a, b = clouds(generator)
    value = chamfer_distance(a, b, norm=norm)
    torch.testing.assert_close(chamfer_distance(b, a, norm=norm), value)
    torch.testing.assert_close(
        chamfer_distance(a.flip(1), b[:, torch.randperm(11, generator=generator)], norm=norm), value
    )
    torch.testing.assert_close(chamfer_distance(a.repeat(1, 2, 1), b.repeat(1, 3, 1), norm=norm), value)


@pytest.mark.parametrize('norm', [1, 2])
def test_translation_and_scale(each_backend, generator, norm):
    a, b = clouds(generator)
    value = chamfer_distance(a, b, norm=norm)
    torch.testing.assert_close(chamfer_distance(a + 1, b + 1, norm=norm), value, rtol=1e-5, atol=0)
    torch.testing.assert_close(chamfer_distance(4 * a, 4 * b, norm=norm), value * 4**norm)


@pytest.mark.parametrize('norm', [1, 2])
def test_empty_batch_is_zero_and_differentiable(norm):
    a = torch.zeros(0, 4, 3, requires_grad=True)
    value = chamfer_distance(a, torch.zeros(0, 5, 3), norm=norm)
    value.backward()
    assert value.item() == 0
    assert chamfer_distance(a, torch.zeros(0, 5, 3), norm=norm, reduction='none').shape == (0,)


@pytest.mark.parametrize(
    ('keywords', 'words'),
    [({'norm': 3}, 'norm must be 1 or 2, got 3'), ({'reduction': 'sum'}, "'mean' or 'none', got 'sum'")],
)
def test_options_are_checked(keywords, words):
    with pytest.raises(ValueError, match=words):
        chamfer_distance(torch.zeros(1, 2, 3), torch.zeros(1, 2, 3), **keywords)
