"""What a student returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class StudentOutput:
    """Output of a backbone for one view of a batch.

    Attributes:
        queries: global queries by name, each (B, C); empty when the fusion is ``none``.
        tokens: encoded patch tokens (B, T, C): the visible groups, or all G when masked ones are replaced.
        centers: centres of all groups (B, G, 3).
        neighborhoods: points of all groups relative to their centres (B, G, K, 3).
        mask: bool (B, G), True = masked, or None when nothing is masked.
        visible: indices of the visible groups (B, V), or None when nothing is masked.
        masked: indices of the masked groups (B, M), or None when nothing is masked.
        layers: on request, tokens after every layer, each (B, T, C).
        query_layers: on request, queries after every layer, each (B, Q, C).
        attentions: on request, softmax weights of every layer: ``tokens`` (B, heads, T, T) and, when there are
            queries, ``queries`` (B, heads, Q, T). In ``joint`` fusion both are cut out of one matrix over queries and
            tokens, so their rows do not sum to one.
        second: output for another, independently augmented view of the same objects; set by the pretrainer when an
            objective asks for it.
    """

    queries: dict[str, Tensor]
    tokens: Tensor
    centers: Tensor
    neighborhoods: Tensor
    mask: Tensor | None = None
    visible: Tensor | None = None
    masked: Tensor | None = None
    layers: list[Tensor] = field(default_factory=list)
    query_layers: list[Tensor] = field(default_factory=list)
    attentions: list[dict[str, Tensor]] = field(default_factory=list)
    second: StudentOutput | None = None

    def pool(self, kind: str) -> Tensor:
        """Features of the whole cloud.

        Args:
            kind: ``cls``: [every query, max over patches], what the reference fine-tunes on; ``svm``: [max over the
                queries, max + mean over patches], what it fits the linear SVM on. Without queries the first part is
                left out (arXiv 2302.02318, 2203.06604).

        Returns:
            (B, F) with F = (Q + 1) C for ``cls`` and 2 C (C without queries) for ``svm``.

        Raises:
            ValueError: unknown kind.
        """
        queries = list(self.queries.values())
        if kind == 'cls':
            return torch.cat([*queries, self.tokens.amax(dim=1)], dim=-1)
        if kind != 'svm':
            raise ValueError(f"unknown pooling '{kind}': choose cls or svm")
        patches = self.tokens.amax(dim=1) + self.tokens.mean(dim=1)
        return torch.cat([torch.stack(queries).amax(dim=0), patches], dim=-1) if queries else patches


def pooled_features(embed_dim: int, num_queries: int, kind: str) -> int:
    """Length F of :meth:`StudentOutput.pool` for a backbone of that width and number of queries."""
    if kind == 'cls':
        return (num_queries + 1) * embed_dim
    return 2 * embed_dim if num_queries else embed_dim
