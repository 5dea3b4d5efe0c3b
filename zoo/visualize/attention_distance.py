"""How far apart in space a transformer attends.

Source: arXiv 2302.02318 speaks of Euclidean distances between patch centers and of attention weights, and gives no
formula; this one carries over the definition for images of arXiv 2010.11929: the distance from a patch to the patches
it attends to, weighted by attention.
"""

from __future__ import annotations

import torch
from torch import Tensor

from zoo import ops
from zoo.backbones import StudentOutput


def attention_distance(output: StudentOutput) -> Tensor:
    """Mean over patches i of ``sum_j a_ij |c_i - c_j|``, by layer and head.

    Attention to queries is left out and the rest of a row sums to one again. A patch itself counts, at distance zero.

    Args:
        output: output of a student called with ``return_attention=True``.

    Returns:
        (B, L, heads), in the units of the points.

    Raises:
        ValueError: the output has no attention.
    """
    apart = _distances(output)
    return torch.stack(
        [(patch_shares(layer['tokens']) * apart[:, None]).sum(-1).mean(-1) for layer in attention_layers(output)], dim=1
    )


def attention_spread(output: StudentOutput) -> Tensor:
    """Expected distance of two patches that a global query attends to, by layer, head and query.

    Queries have no place, so a distance from them has no meaning: this is ``sum_jk a_j a_k |c_j - c_k|``, zero for one
    patch and the mean distance of the patches for even attention. The definition is ours.

    Args:
        output: output of a student with queries called with ``return_attention=True``.

    Returns:
        (B, L, heads, Q), in the units of the points.

    Raises:
        ValueError: the output has no attention of queries.
    """
    apart = _distances(output)
    found = []
    for layer in attention_layers(output):
        if 'queries' not in layer:
            raise ValueError('this student has no queries: attention_distance looks at its patches')
        weights = patch_shares(layer['queries'])
        found.append(torch.einsum('bhqj,bjk,bhqk->bhq', weights, apart, weights))
    return torch.stack(found, dim=1)


def attention_layers(output: StudentOutput) -> list[dict[str, Tensor]]:
    """Attention of every layer.

    Raises:
        ValueError: the student was called without ``return_attention=True``.
    """
    if not output.attentions:
        raise ValueError('the output has no attention: call the student with return_attention=True')
    return output.attentions


def patch_shares(weights: Tensor) -> Tensor:
    """Attention weights (..., T) whose rows over patches sum to one."""
    wide = weights.float()
    return wide / wide.sum(dim=-1, keepdim=True).clamp_min(1e-12)


def _distances(output: StudentOutput) -> Tensor:
    """Distances (B, T, T) between the centers of the patches that were encoded."""
    centers = output.centers
    if output.visible is not None and output.tokens.shape[1] < centers.shape[1]:
        centers = ops.gather_points(centers, output.visible)
    # Not cdist: its matrix products lose the small distances.
    return (centers[:, :, None] - centers[:, None]).float().norm(dim=-1)
