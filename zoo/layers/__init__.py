"""Building blocks of the students: attention, blocks, patch and position embedding, masks, decoder, heads."""

from __future__ import annotations

from zoo.layers.attention import CrossAttention, SelfAttention
from zoo.layers.blocks import Block, DropPath, Mlp, ReConBlock
from zoo.layers.decoder import MaskedDecoder
from zoo.layers.embed import PatchEmbed, PositionEmbed, waves
from zoo.layers.heads import build_head
from zoo.layers.masking import BlockMask, Mask, RandomMask, split_by_mask
from zoo.layers.pooling import largest
from zoo.layers.precision import as_points
from zoo.layers.propagation import FeaturePropagation, interpolate
from zoo.layers.shared_mlp import SharedMlp

__all__ = [
    'Block',
    'BlockMask',
    'CrossAttention',
    'DropPath',
    'FeaturePropagation',
    'Mask',
    'MaskedDecoder',
    'Mlp',
    'PatchEmbed',
    'PositionEmbed',
    'RandomMask',
    'ReConBlock',
    'SelfAttention',
    'SharedMlp',
    'as_points',
    'build_head',
    'interpolate',
    'largest',
    'split_by_mask',
    'waves',
]
