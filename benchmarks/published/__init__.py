"""Figures of the literature, each with its source."""

from __future__ import annotations

from benchmarks.published.names import DATASETS, METRICS, PROTOCOLS, Place
from benchmarks.published.results import Published, published

__all__ = ['DATASETS', 'METRICS', 'PROTOCOLS', 'Place', 'Published', 'published']
