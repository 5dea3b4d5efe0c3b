"""Read tokenizers of the released Point-BERT and ACT code."""

from __future__ import annotations

from torch import Tensor, nn

from zoo.errors import UsageError
from zoo.models import TokenizerPretrainer
from zoo.teachers.tokenizers.files import FOUNDATION, PREFIX, fill_network
from zoo.teachers.tokenizers.official import is_official, rename_official, tokenizer_config

KINDS = {'point_bert': 'DiscreteVAE', 'act': 'CrossModalVAE'}


def load_official_tokenizer(
    state: dict[str, Tensor], method: str, *, num_groups: int, group_size: int, num_heads: int | None = None
) -> nn.Module:
    """Build the autoencoder that released tensors belong to and load it, all tensors accounted for.

    Args:
        state: released tensors by name.
        method: ``point_bert`` for its dVAE, ``act`` for the autoencoder around a vision transformer of timm.
        num_groups: patches G; not recorded in the tensors.
        group_size: points K of a patch.
        num_heads: attention heads of ACT's frozen transformer; one per 64 channels by default.

    Returns:
        :class:`TokenizerPretrainer` in eval mode: for points (B, N, 3) it gives the ids (B, G).

    Raises:
        UsageError: another kind of file, another group size, or keys that are missing or left over.

    Source: arXiv 2111.14819, arXiv 2212.08320.
    """
    what = f'{method} checkpoint for task tokenizer'
    if not is_official(state):
        held = ', '.join(sorted(state)[:6])
        raise UsageError(f'{what} does not fit: missing codebook or dgcnn_1.*; it holds {held}')
    renamed = rename_official(state)
    config = tokenizer_config(renamed)
    if config['type'] != KINDS[method]:
        other = next(name for name, kind in KINDS.items() if kind == config['type'])
        raise UsageError(f'{what} does not fit: it is a tokenizer of {other}')
    if config['group_size'] != group_size:
        raise UsageError(
            f'group_size {group_size} does not fit the checkpoint: decoder.mlp.4 makes groups of {config["group_size"]}'
        )
    if num_heads is not None and 'foundation' in config:
        config['foundation']['num_heads'] = num_heads
    model = TokenizerPretrainer(config, num_groups, skip_near_origin=True)
    fill_network(model.tokenizer, renamed, what)
    return model.eval()


def foundation_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Weights of a frozen transformer that came with the tokenizer, under the names of our files."""
    foundation = getattr(getattr(model, 'tokenizer', None), 'foundation', None)
    tensors: dict[str, Tensor] = {} if foundation is None else foundation.tensors()
    return {f'{PREFIX}{FOUNDATION}{name}': tensor for name, tensor in tensors.items()}
