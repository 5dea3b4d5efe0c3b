"""The cross-modal autoencoder of ACT: a frozen transformer of another modality, tuned by prompts (arXiv 2212.08320)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from zoo.layers import PositionEmbed
from zoo.registry import MODELS, TEACHERS
from zoo.teachers.tokenizers.vae import DiscreteVAE


@MODELS.register_module()
class CrossModalVAE(DiscreteVAE):
    """A dVAE whose codes go through a frozen transformer before they are decoded.

    The transformer has never seen points. What is trained around it are two projections, the position embedding of the
    centers, and prompts: learned tokens that are put in front of the codes and replaced before every block.

    Parity: positions are added before every block, for the prompts too. The released code runs the transformer without
    gradient when there are no prompts, which cuts the encoder off from the reconstruction; here the gradient passes.

    Args:
        foundation: Config of the frozen transformer, a ``Foundation``; None takes an ImageNet ViT-B of timm.
        num_prompts: Prompts P per block.
        deep_prompts: Fresh prompts before every block instead of once before the first.
        prompt_dropout: Rate of dropout on the prompts while training.
        sizes: The arguments of :class:`DiscreteVAE`; the released code has 384 for its three dims.
    """

    def __init__(
        self,
        foundation: dict[str, Any] | None = None,
        num_prompts: int = 64,
        deep_prompts: bool = True,
        prompt_dropout: float = 0.1,
        **sizes: Any,
    ) -> None:
        super().__init__(**sizes)
        self.foundation = TEACHERS.build(foundation or {'type': 'TimmTransformer'})
        width, code_dim = self.foundation.embed_dim, self.codebook.shape[1]
        self.num_prompts = num_prompts
        self.project_in = nn.Linear(code_dim, width)
        self.position = PositionEmbed(width)
        self.project_out = nn.Linear(width, code_dim)
        self.dropout = nn.Dropout(prompt_dropout)
        if num_prompts:
            shape = (self.foundation.depth if deep_prompts else 1, num_prompts, width)
            self.prompts = nn.Parameter(nn.init.trunc_normal_(torch.empty(shape), std=0.02))
            self.prompt_positions = nn.Parameter(nn.init.trunc_normal_(torch.empty(shape), std=0.02))

    def mix(self, codes: Tensor, centers: Tensor) -> Tensor:
        """Send codes (B, G, C) at centers (B, G, 3) through the frozen transformer; returns (B, G, C)."""
        x, position = self.project_in(codes), self.position(centers)
        for depth, layer in enumerate(self.foundation.layers()):
            if self.num_prompts and depth < len(self.prompts):
                taken = self.num_prompts if depth else 0
                x = self._prepend(self.dropout(self.prompts[depth]), x[:, taken:])
                position = self._prepend(self.prompt_positions[depth], position[:, taken:])
            x = layer(x + position)
        return self.project_out(self.foundation.finish(x)[:, self.num_prompts :])

    def no_weight_decay(self) -> set[str]:
        """The prompts."""
        return {'prompts', 'prompt_positions'} if self.num_prompts else set()

    @staticmethod
    def _prepend(prompts: Tensor, x: Tensor) -> Tensor:
        """Put prompts (P, C) in front of every row of tokens (B, T, C)."""
        return torch.cat([prompts.to(x.dtype).expand(x.shape[0], -1, -1), x], dim=1)
