"""Classification heads."""

from __future__ import annotations

from torch import nn


def build_head(kind: str, in_features: int, num_classes: int, hidden_dim: int = 256, dropout: float = 0.5) -> nn.Module:
    """Build a head that maps features (B, F) to logits (B, classes).

    Args:
        kind: ``linear``, or ``mlp3``: three linear layers with BatchNorm, ReLU and dropout between them, as the
            reference fine-tunes with (arXiv 2302.02318).
        in_features: F.
        num_classes: number of classes.
        hidden_dim: width of the two hidden layers of ``mlp3``.
        dropout: rate in ``mlp3``.

    Raises:
        ValueError: unknown kind.
    """
    if kind == 'linear':
        return nn.Sequential(nn.Linear(in_features, num_classes))
    if kind != 'mlp3':
        raise ValueError(f"unknown head '{kind}': choose linear or mlp3")
    layers: list[nn.Module] = []
    for width in (in_features, hidden_dim):
        layers += [nn.Linear(width, hidden_dim), nn.BatchNorm1d(hidden_dim), nn.ReLU(inplace=True), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(hidden_dim, num_classes))
