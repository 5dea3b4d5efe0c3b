"""From finished jobs to weights that others can use: files, entries of the index, records, cards; and back again."""

from __future__ import annotations

from benchmarks.release.collect import Candidate, candidates
from benchmarks.release.export import release
from benchmarks.release.verify import verify

__all__ = ['Candidate', 'candidates', 'release', 'verify']
