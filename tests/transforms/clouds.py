"""Clouds and judgements that tests of transforms share."""

from __future__ import annotations

import torch
from scipy import stats

UNLIKELY = 1e-3
"""A test of distribution fails below this p-value; seeds are fixed, so it either always does or never."""


def clouds(size=4, total=40, seed=0):
    return torch.randn(size, total, 3, generator=torch.Generator().manual_seed(seed))


def unit_normals(size=4, total=40, seed=1):
    return torch.nn.functional.normalize(clouds(size, total, seed), dim=2)


def whole_batch(size=4, total=40):
    """A batch with everything that belongs to points."""
    part = torch.arange(total).expand(size, -1) + 100
    index = torch.arange(size) * 7
    return {'points': clouds(size, total), 'normals': unit_normals(size, total), 'part': part, 'index': index}


def numbered(size, total):
    """Clouds whose x is the number of the point, and whose part is that number plus 100."""
    points = torch.zeros(size, total, 3)
    points[:, :, 0] = torch.arange(total)
    return {'points': points, 'part': torch.arange(total).expand(size, -1) + 100}


def chosen(batch):
    """The numbers of the points that are left, checked against their parts."""
    numbers = batch['points'][:, :, 0].long()
    assert torch.equal(batch['part'], numbers + 100)
    return numbers


def evenly(counts, outcomes):
    return stats.chisquare([counts[outcome] for outcome in outcomes]).pvalue > UNLIKELY
