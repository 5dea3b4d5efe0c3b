"""Files of weights: fetched once, whole and checked, into a cache that nothing can leave."""

from __future__ import annotations

from zoo.hub.download.fetch import drop_outdated, fetch_weights, local_copy
from zoo.hub.download.settings import Limits
from zoo.hub.download.weight_file import WeightFile, name_in_address

__all__ = ['Limits', 'WeightFile', 'drop_outdated', 'fetch_weights', 'local_copy', 'name_in_address']
