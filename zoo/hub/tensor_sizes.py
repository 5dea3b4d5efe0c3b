"""Read the sizes of a model from the tensors of a released checkpoint."""

from __future__ import annotations

import re
from typing import Any

from torch import Tensor

from zoo.errors import UsageError
from zoo.tensors import required

HEAD_DIM = 64
"""Channels of an attention head in all released models."""


def backbone_sizes(state: dict[str, Tensor], prefix: str, num_heads: int | None) -> dict[str, Any]:
    """Width, depth, heads and patch widths of the encoder under ``prefix``.

    Raises:
        UsageError: the encoder's tensors are not there, or the heads cannot be guessed.
    """
    embed_dim = len(required(state, f'{prefix}norm.weight'))
    if not num_heads and embed_dim % HEAD_DIM:
        raise UsageError(f'cannot tell the number of heads of a model with {embed_dim} channels: pass num_heads')
    hidden = required(state, f'{prefix}blocks.blocks.0.mlp.fc1.weight').shape[0]
    embedding = f'{prefix}encoder.'
    widths = [
        len(required(state, embedding + key))
        for key in ('first_conv.0.bias', 'first_conv.3.bias', 'second_conv.0.bias')
    ]
    return {
        'embed_dim': embed_dim,
        'depth': _depth(state, f'{prefix}blocks.blocks.'),
        'num_heads': num_heads or embed_dim // HEAD_DIM,
        'patch_widths': widths,
        'mlp_ratio': hidden / embed_dim,
    }


def decoder_sizes(state: dict[str, Tensor], num_heads: int, group_size: int) -> dict[str, Any]:
    """Depth, heads and MLP ratio of the decoder.

    Raises:
        UsageError: the decoder's tensors are not there, or it predicts groups of another size.
    """
    outputs = len(required(state, 'increase_dim.0.bias'))
    if outputs != 3 * group_size:
        raise UsageError(
            f'group_size {group_size} does not fit the checkpoint: increase_dim.0.bias has {outputs} outputs, '
            f'which is group_size {outputs // 3}'
        )
    first = required(state, 'MAE_decoder.blocks.0.mlp.fc1.weight')
    depth = _depth(state, 'MAE_decoder.blocks.')
    return {'depth': depth, 'num_heads': num_heads, 'mlp_ratio': first.shape[0] / first.shape[1]}


def _depth(state: dict[str, Tensor], stem: str) -> int:
    """Number of consecutive block indices under ``stem``."""
    found = {int(match[1]) for key in state if (match := re.match(rf'{re.escape(stem)}(\d+)\.', key))}
    return max(found, default=-1) + 1
