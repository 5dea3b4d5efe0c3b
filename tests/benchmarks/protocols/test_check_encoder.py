"""An encoder that keeps the contract, and broken ones, each with its diagnosis."""

from __future__ import annotations

import re
import sys

import pytest
import torch
from torch import nn

from benchmarks.protocols.check_encoder import check_encoder
from benchmarks.protocols.encoder import Outside


def moments(points):
    """Features (B, 9)."""
    return torch.cat([points.mean(1), points.std(1), points.abs().amax(1)], 1)


def nan(points):
    return moments(points) / (points.amin((1, 2)) > points.amin())[:, None]


def across_the_batch(points):
    return moments(points) - moments(points).mean(0)


def by_place(points):
    return moments(points) + torch.arange(len(points))[:, None]


def in_order(points):
    return points[:, :8].flatten(1)


def a_row_a_point(points):
    return points.repeat(1, 1, 4)


def random_points(points):
    return moments(points[:, torch.randperm(points.shape[1])[:20]])


def reads_labels(points):
    frame = sys._getframe()
    while 'labels' not in frame.f_locals:
        frame = frame.f_back
    return torch.cat([moments(points), frame.f_locals['labels'][: len(points), None]], 1)


def in_place(points):
    points *= 2
    return moments(points)


class Dropout(nn.Module):
    """Forgets that it was put into evaluation mode."""

    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, points):
        return self.drop.train()(moments(points))


class Counts(nn.Module):
    """Keeps statistics of what it sees, frozen or not."""

    def __init__(self):
        super().__init__()
        self.register_buffer('mean', torch.zeros(9))

    def forward(self, points):
        self.mean += 0.1 * (moments(points).mean(0) - self.mean)
        return moments(points)


def switches_gradients(points):
    torch.set_grad_enabled(True)
    return moments(points)


def constant(points):
    return torch.ones(len(points), 4)


def a_pair(points):
    return moments(points), points


def fixed_size(points):
    return points.reshape(len(points), 256, 3).amax(1)


BROKEN = {
    nan: ['not finite'],
    across_the_batch: ['depend on the batch'],
    by_place: ['depend on the batch'],
    in_order: ['order of the points'],
    a_row_a_point: [r'returns \(6, 256, 12\) for clouds \(6, 256, 3\): expected \(B, F\)'],
    random_points: ['not deterministic'],
    reads_labels: ['reads labels'],
    in_place: ['changes its input in place'],
    Dropout: ['drop is in training mode', 'not deterministic'],
    Counts: ['mean changes when it looks at clouds'],
    switches_gradients: ['leaves gradients switched on'],
    constant: ['the same for all clouds'],
    a_pair: ['returns a tuple'],
    fixed_size: ['takes no clouds of 200 points'],
}


@pytest.mark.parametrize('encoder', BROKEN, ids=lambda encoder: encoder.__name__)
def test_what_is_wrong_is_said(encoder):
    torch.manual_seed(0)
    made = encoder() if isinstance(encoder, type) else encoder
    faults = check_encoder(Outside(made).eval())
    assert len(faults) == len(BROKEN[encoder]), faults
    for fault, words in zip(faults, BROKEN[encoder], strict=True):
        assert re.search(words, fault), fault
    assert torch.is_grad_enabled()


class Small(nn.Module):
    """PointNet in three lines."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 8))
        self.norm = nn.BatchNorm1d(8)

    def forward(self, points):
        return self.norm(self.layers(points).amax(1))


@pytest.mark.parametrize('encoder', [moments, Small])
def test_an_honest_encoder_has_no_fault(encoder):
    made = encoder() if isinstance(encoder, type) else encoder
    assert check_encoder(Outside(made).eval()) == []
