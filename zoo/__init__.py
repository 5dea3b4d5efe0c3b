"""Modular zoo of self-supervised point-cloud models around ReCon (arXiv 2302.02318)."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

__version__ = '0.2.0'

if TYPE_CHECKING:
    from zoo import ops as ops
    from zoo.hub import Inferencer as Inferencer
    from zoo.hub import get_model as get_model
    from zoo.hub import list_models as list_models
    from zoo.hub import load_official as load_official

_LAZY = {
    'ops': ('zoo.ops', None),
    'Inferencer': ('zoo.hub', 'Inferencer'),
    'get_model': ('zoo.hub', 'get_model'),
    'list_models': ('zoo.hub', 'list_models'),
    'load_official': ('zoo.hub', 'load_official'),
}
__all__ = ['Inferencer', '__version__', 'get_model', 'list_models', 'load_official', 'ops']

# A user without home (containers, batch systems): yapf, which mmengine imports, would stop every tool at its import. It
# unpickles what it finds in its cache, so that must not be a folder that others can make, such as one in /tmp.
if os.path.expanduser('~') == '~':  # noqa: PTH111
    os.environ.setdefault('XDG_CACHE_HOME', '/nonexistent')


def __getattr__(name: str) -> Any:
    """Import public names on first use, so that ``import zoo`` stays light."""
    if name not in _LAZY:
        raise AttributeError(f"module 'zoo' has no attribute '{name}'")
    module, attribute = _LAZY[name]
    loaded = importlib.import_module(module)
    return getattr(loaded, attribute) if attribute else loaded
