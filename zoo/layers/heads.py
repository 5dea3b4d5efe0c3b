"""Classification heads."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn


class _Hidden(NamedTuple):
    """Hidden layers of a head: a linear map each, then batch norm, (leaky) ReLU and dropout."""

    widths: tuple[int, ...]
    dropout: float = 0.5
    slope: float = 0.0
    first_bias: bool = True


HEADS = {
    'linear': _Hidden(()),
    'mlp3': _Hidden((256, 256)),
    'pointnet': _Hidden((512, 256), dropout=0.3),
    'pointnet2': _Hidden((512, 256)),
    'dgcnn': _Hidden((512, 256), slope=0.2, first_bias=False),
}


def build_head(kind: str, in_features: int, num_classes: int) -> nn.Module:
    """Build a head that maps features (B, F) to logits (B, classes).

    Args:
        kind: ``linear``; ``mlp3``: three linear layers with BatchNorm, ReLU and dropout between them, as the reference
            fine-tunes with (arXiv 2302.02318); ``pointnet``, ``pointnet2``, ``dgcnn``: three wider ones, as the
            released codes of these have them (arXiv 1612.00593, 1706.02413, 1801.07829).
        in_features: F.
        num_classes: number of classes.

    Raises:
        ValueError: unknown kind.
    """
    if kind not in HEADS:
        raise ValueError(f"unknown head '{kind}': choose one of {', '.join(HEADS)}")
    hidden = HEADS[kind]
    layers: list[nn.Module] = []
    for i, width in enumerate(hidden.widths):
        before = hidden.widths[i - 1] if i else in_features
        activation = nn.LeakyReLU(hidden.slope, inplace=True) if hidden.slope else nn.ReLU(inplace=True)
        linear = nn.Linear(before, width, bias=bool(i) or hidden.first_bias)
        layers += [linear, nn.BatchNorm1d(width), activation, nn.Dropout(hidden.dropout)]
    return nn.Sequential(*layers, nn.Linear(hidden.widths[-1] if layers else in_features, num_classes))
