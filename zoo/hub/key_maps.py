"""Names of tensors in released checkpoints, and ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zoo.tensors import State, rename

_EMBEDDING = {
    'encoder.first_conv.0.': 'patch_embed.fc1.',
    'encoder.first_conv.1.': 'patch_embed.norm1.',
    'encoder.first_conv.3.': 'patch_embed.fc2.',
    'encoder.second_conv.0.': 'patch_embed.fc3.',
    'encoder.second_conv.1.': 'patch_embed.norm2.',
    'encoder.second_conv.3.': 'patch_embed.fc4.',
    'pos_embed.0.': 'position.fc1.',
    'pos_embed.2.': 'position.fc2.',
    'cls_token': 'query_tokens.cls',
    'img_token': 'query_tokens.image',
    'text_token': 'query_tokens.text',
    'cls_pos': 'query_positions.cls',
    'img_pos': 'query_positions.image',
    'text_pos': 'query_positions.text',
}
_LOCAL = '(norm1|norm2|attn|mlp)'

point_mae_backbone: dict[str, str] = {**_EMBEDDING, r'blocks\.blocks\.': 'blocks.'}
"""Rules for an encoder of plain blocks."""

recon_backbone: dict[str, str] = {
    **_EMBEDDING,
    rf'blocks\.blocks\.(\d+)\.{_LOCAL}_contrast\.': r'blocks.\1.\2.',
    rf'blocks\.blocks\.(\d+)\.{_LOCAL}\.': r'blocks.\1.local.\2.',
}
"""Rules for an encoder of ReCon blocks."""

_OBJECTIVES = {
    'mask_token': 'reconstruct.decoder.mask_token',
    'decoder_pos_embed.0.': 'reconstruct.decoder.position.fc1.',
    'decoder_pos_embed.2.': 'reconstruct.decoder.position.fc2.',
    'MAE_decoder.': 'reconstruct.decoder.',
    'increase_dim.0.': 'reconstruct.head.',
    'img_proj.': 'image.projection.',
    'text_proj.': 'text.projection.',
    'cls_proj.': 'smc.projection.',
}


def rename_pretraining(state: State, encoders: Mapping[str, tuple[str, Mapping[str, str]]]) -> State:
    """Rename a whole pretraining file.

    Args:
        state: the released tensors.
        encoders: released prefix of every encoder to (our prefix, rules).
    """
    renamed: State = {}
    for theirs, (ours, rules) in encoders.items():
        own = {key.removeprefix(theirs): value for key, value in state.items() if key.startswith(theirs)}
        renamed |= rename(own, rules, ours)
    return renamed | rename(drop_prefixes(state, tuple(encoders)), _OBJECTIVES, 'objectives.')


def drop_prefixes(state: State, prefixes: Sequence[str]) -> State:
    """Tensors whose key starts with none of ``prefixes``."""
    return {key: value for key, value in state.items() if not key.startswith(tuple(prefixes))}
