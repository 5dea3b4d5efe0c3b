"""The seven corruptions of ModelNet-C at five severities, on the fly and for any test set (arXiv 2202.03377)."""

from __future__ import annotations

from zoo.transforms.corruptions.corrupt import CORRUPTIONS, SEVERITIES, Corrupt

__all__ = ['CORRUPTIONS', 'SEVERITIES', 'Corrupt']
