"""Figures of the literature, each with its source."""

from __future__ import annotations

from benchmarks.published.names import DATASETS, METRICS, PROTOCOLS, Place, protocol_name
from benchmarks.published.results import Published, published, sources

__all__ = ['DATASETS', 'METRICS', 'PROTOCOLS', 'Place', 'Published', 'protocol_name', 'published', 'sources']
