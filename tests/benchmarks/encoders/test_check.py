"""Encoders that keep the contract, and broken ones, each with its diagnosis."""

from __future__ import annotations

import re
import sys

import pytest
import torch
from torch import nn

from benchmarks.encoders import ExternalEncoder, check_encoder


def moments(points):
    """Features (B, 9)."""
    return torch.cat([points.mean(1), points.std(1), points.abs().amax(1)], 1)


def reads_labels(points):
    frame = sys._getframe()
    while 'labels' not in frame.f_locals:
        frame = frame.f_back
    return torch.cat([moments(points), frame.f_locals['labels'][: len(points), None]], 1)


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


BROKEN = {
    'nan': (lambda points: moments(points) / (points.amin((1, 2)) > points.amin())[:, None], ['not finite']),
    'across the batch': (lambda points: moments(points) - moments(points).mean(0), ['depend on the batch']),
    'by place': (lambda points: moments(points) + torch.arange(len(points))[:, None], ['depend on the batch']),
    'in order': (lambda points: points[:, :8].flatten(1), ['order of the points']),
    'a row a point': (
        lambda points: points.repeat(1, 1, 4),
        [r'returns \(6, 256, 12\) for clouds \(6, 256, 3\): expected \(B, F\)'],
    ),
    'random points': (lambda points: moments(points[:, torch.randperm(points.shape[1])[:20]]), ['not deterministic']),
    'reads labels': (reads_labels, ['reads labels']),
    'in place': (lambda points: moments(points.mul_(2)), ['changes its input in place']),
    'dropout': (Dropout(), ['drop is in training mode', 'not deterministic']),
    'counts': (Counts(), ['mean changes when it looks at clouds']),
    'switches gradients': (
        lambda points: (torch.set_grad_enabled(True), moments(points))[1],
        ['leaves gradients switched on'],
    ),
    'constant': (lambda points: torch.ones(len(points), 4), ['the same for all clouds']),
    'a pair': (lambda points: (moments(points), points), ['returns a tuple']),
    'fixed size': (lambda points: points.reshape(len(points), 256, 3).amax(1), ['takes no clouds of 200 points']),
}


class Small(nn.Module):
    """PointNet in three lines."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 8))
        self.norm = nn.BatchNorm1d(8)

    def forward(self, points):
        return self.norm(self.layers(points).amax(1))


@pytest.mark.parametrize(
    ('encoder', 'expected'), [*BROKEN.values(), (moments, []), (Small(), [])], ids=[*BROKEN, 'honest', 'honest module']
)
def test_what_is_wrong_is_said_and_nothing_else(encoder, expected):
    torch.manual_seed(0)
    faults = check_encoder(ExternalEncoder(encoder).eval())
    assert len(faults) == len(expected), faults
    for fault, words in zip(faults, expected, strict=True):
        assert re.search(words, fault), fault
    assert torch.is_grad_enabled()
