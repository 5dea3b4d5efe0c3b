"""The same perceptron for every point."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn


class SharedMlp(nn.Module):
    """Linear layers with batch norm and ReLU after each, applied to every point alike (PointNet, arXiv 1612.00593).

    Statistics of the norms run over all points of all clouds. Layers are matrix products over rows, which is what the
    1x1 convolutions of the released codes compute.

    Args:
        widths: channels of the input and after every layer.

    Raises:
        ValueError: no layer.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        if len(widths) < 2:
            raise ValueError(f'widths needs two numbers or more, got {list(widths)}')
        pairs = pairwise(widths)
        self.linears = nn.ModuleList(nn.Linear(here, there) for here, there in pairs)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for width in widths[1:])

    def forward(self, x: Tensor) -> Tensor:
        """Map features (..., C) to (..., C')."""
        return self.after_first(self.first(x))

    @property
    def first(self) -> nn.Linear:
        """The first linear map."""
        return cast('nn.Linear', self.linears[0])

    def after_first(self, x: Tensor) -> Tensor:
        """What follows the first linear map, for callers that have a cheaper way to compute that one.

        Args:
            x: the first linear map's result (..., C1).

        Returns:
            Features (..., C').
        """
        rows = x.reshape(-1, x.shape[-1])
        for i, norm in enumerate(self.norms):
            rows = F.relu(norm(self.linears[i](rows) if i else rows), inplace=True)
        return rows.reshape(*x.shape[:-1], -1)
