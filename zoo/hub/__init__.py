"""Models by name, configs and checkpoints."""

from __future__ import annotations

from zoo.hub.official import load_official

__all__ = ['load_official']
