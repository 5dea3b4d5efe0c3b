"""The discrete variational autoencoder of point groups (dVAE)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.layers import PatchEmbed
from zoo.layers.dgcnn import TokenGraph
from zoo.layers.folding import FoldingDecoder
from zoo.registry import MODELS


@dataclass
class Reconstruction:
    """What an autoencoder makes of the groups of a batch.

    Attributes:
        logits: unnormalized scores of the V token ids (B, G, V).
        coarse: a quarter of the points of every group (B, G, K / 4, 3), relative to the center.
        fine: all points of every group (B, G, K, 3), relative to the center.
    """

    logits: Tensor
    coarse: Tensor
    fine: Tensor


@MODELS.register_module()
class DiscreteVAE(nn.Module):
    """Point groups to ids of a learned vocabulary and back (Point-BERT, arXiv 2111.14819).

    A mini-PointNet per group and a graph network over the centers give a score for every id; a sample of the relaxed
    choice (Gumbel-softmax, arXiv 1611.01144) mixes rows of the codebook, and a second graph network and a folding
    decoder turn them into points again.

    Args:
        num_tokens: size V of the vocabulary.
        encoder_dim: channels of the mini-PointNet's output.
        code_dim: channels of a row of the codebook.
        decoder_dim: channels C of the tokens that the decoder reads, which are also the features of a group.
        group_size: points K of a group, a multiple of four.
        patch_widths: inner widths of the mini-PointNet.
        graph_widths: widths of both graph networks.
        decoder_widths: widths of the folding decoder.
    """

    def __init__(
        self,
        num_tokens: int = 8192,
        encoder_dim: int = 256,
        code_dim: int = 256,
        decoder_dim: int = 256,
        group_size: int = 32,
        patch_widths: Sequence[int] = (128, 256, 512),
        graph_widths: Sequence[int] = (128, 256, 512, 512, 1024),
        decoder_widths: Sequence[int] = (1024, 512),
    ) -> None:
        super().__init__()
        self.num_tokens = num_tokens
        self.embed_dim = decoder_dim
        self.group_size = group_size
        self.encoder = PatchEmbed(encoder_dim, patch_widths)
        self.to_logits = TokenGraph(encoder_dim, num_tokens, graph_widths)
        self.codebook = nn.Parameter(torch.randn(num_tokens, code_dim))
        self.from_codes = TokenGraph(code_dim, decoder_dim, graph_widths)
        self.decoder = FoldingDecoder(decoder_dim, group_size, decoder_widths)

    def logits(self, neighborhoods: Tensor, centers: Tensor) -> Tensor:
        """Scores of the ids (B, G, V) for neighborhoods (B, G, K, 3) around centers (B, G, 3)."""
        return self.to_logits(self.encoder(neighborhoods), centers)

    def tokens(self, neighborhoods: Tensor, centers: Tensor) -> Tensor:
        """Most likely ids (B, G), int64."""
        return self.logits(neighborhoods, centers).argmax(dim=-1)

    def mix(self, codes: Tensor, centers: Tensor) -> Tensor:
        """What happens to the codes (B, G, C) of a cloud before the decoder's half; nothing in the plain dVAE."""
        return codes

    def features(self, neighborhoods: Tensor, centers: Tensor, sample: bool = False) -> Tensor:
        """Features of the groups (B, G, C): the tokens that the decoder would read.

        Args:
            neighborhoods: (B, G, K, 3).
            centers: (B, G, 3).
            sample: draw the ids with Gumbel noise, as the released code of ACT does, instead of taking the most likely.
        """
        if sample:
            codes = F.gumbel_softmax(self.logits(neighborhoods, centers), tau=1.0, hard=True) @ self.codebook
        else:
            codes = self.codebook[self.tokens(neighborhoods, centers)]
        return self.from_codes(self.mix(codes, centers), centers)

    def forward(
        self, neighborhoods: Tensor, centers: Tensor, temperature: float | Tensor = 1.0, hard: bool = False
    ) -> Reconstruction:
        """Encode, sample and decode.

        Args:
            neighborhoods: (B, G, K, 3).
            centers: (B, G, 3).
            temperature: temperature of the Gumbel-softmax; towards 0 it becomes a choice.
            hard: choose one id in the forward pass and let the gradient pass as if it were soft.
        """
        logits = self.logits(neighborhoods, centers)
        choice = gumbel_softmax(logits, temperature, hard)
        tokens = self.from_codes(self.mix(choice.to(self.codebook.dtype) @ self.codebook, centers), centers)
        return Reconstruction(logits, *self.decoder(tokens))

    def no_weight_decay(self) -> set[str]:
        """Names of parameters that take no weight decay although they are not vectors."""
        return set()


def gumbel_softmax(logits: Tensor, temperature: float | Tensor = 1.0, hard: bool = False) -> Tensor:
    """Sample of the relaxed one-hot choice (arXiv 1611.01144), differentiable with respect to the logits.

    Args:
        logits: (..., V).
        temperature: positive; a tensor is read on its device, without waiting for it.
        hard: exact one-hot rows, with the gradient of the soft ones.

    Returns:
        Rows that sum to 1, (..., V), float32.
    """
    logits = logits.float()
    noise = -torch.empty_like(logits).exponential_().clamp_min(torch.finfo(torch.float32).tiny).log()
    soft = ((logits + noise) / temperature).softmax(dim=-1)
    if not hard:
        return soft
    chosen = torch.zeros_like(soft).scatter_(-1, soft.argmax(dim=-1, keepdim=True), 1.0)
    return chosen + (soft - soft.detach())
