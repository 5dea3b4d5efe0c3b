"""Tokenizers as the code of Point-BERT and ACT releases them: names of tensors, and sizes read from tensors.

Facts about the files: github.com/lulutang0608/Point-BERT and github.com/RunpeiDong/ACT, ``models/dvae.py``.
"""

from __future__ import annotations

import re
from typing import Any

import torch

from zoo.errors import UsageError
from zoo.tensors import State, rename, required

_NETWORK = {
    r'encoder\.first_conv\.0\.': 'encoder.fc1.',
    r'encoder\.first_conv\.1\.': 'encoder.norm1.',
    r'encoder\.first_conv\.3\.': 'encoder.fc2.',
    r'encoder\.second_conv\.0\.': 'encoder.fc3.',
    r'encoder\.second_conv\.1\.': 'encoder.norm2.',
    r'encoder\.second_conv\.3\.': 'encoder.fc4.',
    r'decoder\.mlp\.': 'decoder.coarse.',
    r'decoder\.final_conv\.0\.': 'decoder.fold1.',
    r'decoder\.final_conv\.1\.': 'decoder.norm1.',
    r'decoder\.final_conv\.3\.': 'decoder.fold2.',
    r'decoder\.final_conv\.4\.': 'decoder.norm2.',
    r'decoder\.final_conv\.6\.': 'decoder.fold3.',
    r'proj_pre\.': 'project_in.',
    r'proj_post\.': 'project_out.',
    r'visual_pos_embed\.0\.': 'position.fc1.',
    r'visual_pos_embed\.2\.': 'position.fc2.',
    r'visual_embed\.0\.': 'foundation.blocks.',
    r'visual_embed\.1\.': 'foundation.norm.',
}
_GRAPH = {
    r'input_trans\.': 'input.',
    **{rf'layer{i}\.0\.': f'layers.{i - 1}.fc.' for i in range(1, 5)},
    **{rf'layer{i}\.1\.': f'layers.{i - 1}.norm.' for i in range(1, 5)},
    r'layer5\.0\.': 'output.',
    r'layer5\.1\.': 'norm.',
}
RULES = {
    **_NETWORK,
    **{rf'dgcnn_1\.{rule}': f'to_logits.{name}' for rule, name in _GRAPH.items()},
    **{rf'dgcnn_2\.{rule}': f'from_codes.{name}' for rule, name in _GRAPH.items()},
}
"""Start of a released key, as a regular expression, to ours."""

PROMPTS = {
    'prompts': ('visual_prompt_token', 'deep_prompt_tokens'),
    'prompt_positions': ('visual_prompt_pos', 'deep_prompt_pos'),
}
"""Our parameters to the released ones: the first block's prompts and those of all later blocks."""


def is_official(state: State) -> bool:
    """Whether tensors are named as in a released tokenizer."""
    return 'codebook' in state and any(key.startswith('dgcnn_1.') for key in state)


def rename_official(state: State) -> State:
    """Our names for the tensors of a released tokenizer; see :func:`zoo.tensors.rename`."""
    renamed = rename(state, RULES)
    for ours, (first, later) in PROMPTS.items():
        if first in renamed:
            parts = [renamed.pop(first)] + ([renamed.pop(later)] if later in renamed else [])
            renamed[ours] = torch.cat(parts)
    return renamed


def tokenizer_config(state: State) -> dict[str, Any]:
    """Config of the network that renamed tensors belong to; whether it is ACT's follows from the tensors too.

    Raises:
        UsageError: A tensor that says a size is missing.
    """
    num_tokens, code_dim = required(state, 'codebook').shape
    depth = len({key for key in state if re.fullmatch(r'to_logits\.layers\.\d+\.fc\.weight', key)})
    config: dict[str, Any] = {
        'type': 'DiscreteVAE',
        'num_tokens': num_tokens,
        'code_dim': code_dim,
        'encoder_dim': required(state, 'encoder.fc4.weight').shape[0],
        'decoder_dim': required(state, 'from_codes.output.weight').shape[0],
        'group_size': required(state, 'decoder.coarse.4.weight').shape[0] // 3 * 4,
        'patch_widths': [required(state, f'encoder.fc{i}.weight').shape[0] for i in (1, 2, 3)],
        'graph_widths': [
            required(state, 'to_logits.input.weight').shape[0],
            *(required(state, f'to_logits.layers.{i}.fc.weight').shape[0] for i in range(depth)),
        ],
        'decoder_widths': [required(state, f'decoder.{name}.weight').shape[0] for name in ('coarse.0', 'fold1')],
    }
    return config | _cross_modal(state) if 'project_in.weight' in state else config


def _cross_modal(state: State) -> dict[str, Any]:
    """What ACT's autoencoder has beside the sizes of a dVAE."""
    width = required(state, 'project_in.weight').shape[0]
    blocks = {match[1] for key in state if (match := re.match(r'foundation\.blocks\.(\d+)\.', key))}
    if not blocks:
        raise UsageError('the ACT checkpoint holds no blocks of a vision transformer under visual_embed.0.*')
    # All vision transformers that ACT tries have heads of 64 channels.
    foundation = {'type': 'TimmTransformer', 'embed_dim': width, 'depth': len(blocks), 'num_heads': max(width // 64, 1)}
    prompts = state.get('prompts', torch.empty(0, 0, width))
    return {
        'type': 'CrossModalVAE',
        'foundation': foundation,
        'num_prompts': prompts.shape[1],
        'deep_prompts': len(prompts) > 1,
    }
