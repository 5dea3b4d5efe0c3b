"""Two processes with half of a batch each have the loss and the gradient of one process with all of it."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.functional import normalize

from zoo.backbones import StudentOutput
from zoo.objectives import AlignModality
from zoo.objectives.gather import gather_rows
from zoo.objectives.losses import class_contrast, view_contrast

WIDTH, BATCH = 6, 8


class Student(nn.Module):
    """Features from inputs by one linear layer, and the objectives under test."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.encode = nn.Linear(WIDTH, WIDTH)
        self.align = AlignModality(
            'image', SimpleNamespace(global_features=WIDTH), target_dim=5, loss='info_nce', learn_temperature=True
        )

    def loss(self, kind, batch):
        inputs, others, target, class_id = batch
        if kind == 'info_nce':
            nothing = inputs[:, :0]
            output = StudentOutput({'image': self.encode(inputs)}, nothing, nothing, nothing)
            return self.align(output, {'image_feature': target})
        first = normalize(self.encode(inputs), dim=-1)
        if kind == 'class':
            return class_contrast(first, class_id)
        return view_contrast(first, normalize(self.encode(others), dim=-1))


def make_batch():
    generator = torch.Generator().manual_seed(1)
    sizes = ((BATCH, WIDTH), (BATCH, WIDTH), (BATCH, 5))
    class_id = torch.tensor([0, 1, 0, 2, 2, 1, 0, 3])
    return (*(torch.randn(size, generator=generator) for size in sizes), class_id)


def gradients(kind, batch):
    """Loss and gradients by parameter."""
    student = Student()
    loss = student.loss(kind, batch)
    loss.backward()
    found = {name: p.grad for name, p in student.named_parameters() if p.grad is not None}
    return {'loss': loss.detach(), **found}


def one_of_two(rank, folder):
    os.environ['GLOO_SOCKET_IFNAME'] = 'lo'
    torch.set_num_threads(1)
    dist.init_process_group('gloo', init_method=f'file://{folder}/meet', rank=rank, world_size=2)
    half = tuple(part.chunk(2)[rank] for part in make_batch())
    results = {}
    for kind in ('info_nce', 'class', 'view'):
        results[kind] = gradients(kind, half)
        for value in results[kind].values():  # what data-parallel training does
            dist.all_reduce(value)
            value /= 2
    rows, offset = gather_rows(torch.full((3, 2), float(rank)))
    results['rows'] = {'rows': rows, 'offset': torch.tensor(offset)}
    torch.save(results, f'{folder}/{rank}.pt')
    dist.destroy_process_group()


@pytest.fixture(scope='module')
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp('ranks')
    mp.spawn(one_of_two, (str(folder),), nprocs=2)
    return [torch.load(folder / f'{rank}.pt', weights_only=True) for rank in range(2)]


@pytest.mark.parametrize('kind', ['info_nce', 'class', 'view'])
def test_two_halves_make_a_whole(results, kind):
    expected = gradients(kind, make_batch())
    assert ('align.log_temperature' in expected) == (kind == 'info_nce')
    for found in results:
        assert set(found[kind]) == set(expected)
        for name, value in expected.items():
            torch.testing.assert_close(found[kind][name], value, msg=lambda text, name=name: f'{name}: {text}')


def test_without_the_other_half_the_loss_is_another():
    """Else the test above would pass without any gathering."""
    for kind in ('info_nce', 'class', 'view'):
        halves = [gradients(kind, tuple(part.chunk(2)[i] for part in make_batch()))['loss'] for i in range(2)]
        assert abs(sum(halves) / 2 - gradients(kind, make_batch())['loss']) > 1e-3


def test_rows_come_in_the_order_of_the_ranks(results):
    for rank, found in enumerate(results):
        assert found['rows']['rows'].tolist() == [[0.0, 0.0]] * 3 + [[1.0, 1.0]] * 3
        assert int(found['rows']['offset']) == 3 * rank


def test_one_process_gathers_nothing():
    rows = torch.randn(3, 2, requires_grad=True)
    assert gather_rows(rows)[0] is rows
    assert gather_rows(rows)[1] == 0
