"""Metrics as a small table."""

from __future__ import annotations

from collections.abc import Mapping


def metrics_table(metrics: Mapping[str, float]) -> str:
    """Return one line per metric: name, then value with two decimals."""
    width = max((len(name) for name in metrics), default=0)
    return '\n'.join(f'{name:<{width}}  {value:>7.2f}' for name, value in metrics.items())
