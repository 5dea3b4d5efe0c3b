"""The fixtures of the engine."""

from tests.engine.conftest import train

__all__ = ['train']
