"""What a student looks at, in numbers and pictures."""

from __future__ import annotations

from zoo.visualize.attention_distance import attention_distance, attention_spread
from zoo.visualize.attention_map import attention_map, draw_attention
from zoo.visualize.losses import read_losses
from zoo.visualize.reconstruction import Reconstruction, draw_reconstruction, reconstruct

__all__ = [
    'Reconstruction',
    'attention_distance',
    'attention_map',
    'attention_spread',
    'draw_attention',
    'draw_reconstruction',
    'read_losses',
    'reconstruct',
]
