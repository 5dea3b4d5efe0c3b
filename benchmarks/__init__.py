"""What is measured, how, and what is printed. Knows the zoo; the zoo does not know it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.records.frame import load_results

__all__ = ['load_results']


def __getattr__(name: str) -> Any:
    """Import what is asked for: pandas takes a second, and workers need none of it."""
    if name != 'load_results':
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from benchmarks.records.frame import load_results

    return load_results
