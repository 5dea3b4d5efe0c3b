"""``model_index.yml``: which models have a name, where their weights are, what was measured of them and by whom."""

from __future__ import annotations

from zoo.hub.index.entry import Collection, Entry, Official, Result
from zoo.hub.index.lookup import entries, find_entry, index_path, list_models

__all__ = ['Collection', 'Entry', 'Official', 'Result', 'entries', 'find_entry', 'index_path', 'list_models']
