"""Modular zoo of self-supervised point-cloud models around ReCon (arXiv 2302.02318)."""

from __future__ import annotations

__version__ = '0.1.0'
