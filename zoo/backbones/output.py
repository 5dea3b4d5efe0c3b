"""What a student returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from zoo import ops


@dataclass
class StudentOutput:
    """Output of a backbone for one view of a batch.

    Attributes:
        queries: global queries by name, each (B, C); empty when the fusion is ``none``.
        tokens: encoded patch tokens (B, T, C): the visible groups, or all G when masked ones are replaced.
        centers: centers of all groups (B, G, 3).
        neighborhoods: points of all groups relative to their centers (B, G, K, 3).
        mask: bool (B, G), True = masked, or None when nothing is masked.
        visible: indices of the visible groups (B, V), or None when nothing is masked.
        masked: indices of the masked groups (B, M), or None when nothing is masked.
        layers: on request, tokens after every layer, each (B, T, C).
        query_layers: on request, queries after every layer, each (B, Q, C).
        attentions: on request, softmax weights of every layer: ``tokens`` (B, heads, T, T) and, when there are
            queries, ``queries`` (B, heads, Q, T). In ``joint`` fusion both are cut out of one matrix over queries and
            tokens, so their rows do not sum to one.
        pooled: the backbone's own pooling (B, F) where it has no patches, so that ``tokens`` are not pooled.
        unplaced: tokens of the masked groups (B, M, C) that have read all others but do not know where they are, from a
            backbone that encodes them so; None when nothing is masked.
        left_out: first tokens that :meth:`pool` does not see.
        penalties: weighted scalars that the backbone adds to a training loss, by name.
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
    pooled: Tensor | None = None
    unplaced: Tensor | None = None
    left_out: int = 0
    penalties: dict[str, Tensor] = field(default_factory=dict)
    second: StudentOutput | None = None

    def at_visible(self, values: Tensor) -> Tensor:
        """What values (B, G, C) of all groups say of the visible ones (B, V, C).

        Raises:
            ValueError: nothing is masked.
        """
        return ops.gather_points(values, _there(self.visible))

    def at_masked(self, values: Tensor) -> Tensor:
        """What values (B, G, C) of all groups say of the masked ones (B, M, C).

        Raises:
            ValueError: nothing is masked.
        """
        return ops.gather_points(values, _there(self.masked))

    def global_feature(self, query: str) -> Tensor:
        """What describes the whole cloud to an objective: the query of that name (B, C).

        A backbone without queries has its pooled features (B, F) stand for any of them (``svm`` pooling).
        """
        return self.queries[query] if self.queries else self.pool('svm')

    def pool(self, kind: str) -> Tensor:
        """Features of the whole cloud.

        Args:
            kind: ``cls``: [every query, max over patches], what the reference fine-tunes on; ``svm``: [max over the
                queries, max + mean over patches], what it fits the linear SVM on. Without queries the first part is
                left out (arXiv 2302.02318, 2203.06604). A backbone without patches has one pooling of its own.

        Returns:
            (B, F) with F = (Q + 1) C for ``cls`` and 2 C (C without queries) for ``svm``.

        Raises:
            ValueError: unknown kind.
        """
        if kind not in ('cls', 'svm'):
            raise ValueError(f"unknown pooling '{kind}': choose cls or svm")
        if self.pooled is not None:
            return self.pooled
        queries, tokens = list(self.queries.values()), self.tokens[:, self.left_out :]
        if kind == 'cls':
            return torch.cat([*queries, tokens.amax(dim=1)], dim=-1)
        patches = tokens.amax(dim=1) + tokens.mean(dim=1)
        return torch.cat([torch.stack(queries).amax(dim=0), patches], dim=-1) if queries else patches


def _there(index: Tensor | None) -> Tensor:
    if index is None:
        raise ValueError('nothing is masked: give the backbone a mask')
    return index
