"""What a student looks at, in numbers and pictures."""

from __future__ import annotations

from zoo.visualize.attention_distance import attention_distance, attention_spread
from zoo.visualize.attention_map import attention_map, attention_panels
from zoo.visualize.feature_space import draw_map, embed_flat, nearest_neighbors, neighbor_panels
from zoo.visualize.losses import read_losses
from zoo.visualize.panels import Panel, Panels, side_by_side
from zoo.visualize.reconstruction import Reconstruction, reconstruct, reconstruction_panels

__all__ = [
    'Panel',
    'Panels',
    'Reconstruction',
    'attention_distance',
    'attention_map',
    'attention_panels',
    'attention_spread',
    'draw_map',
    'embed_flat',
    'nearest_neighbors',
    'neighbor_panels',
    'read_losses',
    'reconstruct',
    'reconstruction_panels',
    'side_by_side',
]
