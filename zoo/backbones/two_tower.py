"""Two students side by side, one per paradigm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from zoo.backbones.output import StudentOutput
from zoo.registry import BACKBONES


@BACKBONES.register_module()
class TwoTower(nn.Module):
    """A local tower for masked modelling and a global tower for contrast that share nothing (arXiv 2302.02318, app. C).

    The local tower sees the masked groups' complement, the global tower always sees every group.

    Args:
        local_tower: config of the backbone whose patch tokens are returned.
        global_tower: config of the backbone whose queries are returned; it must cut the same groups.

    Raises:
        ValueError: the towers differ in channels or grouping.
    """

    def __init__(self, local_tower: dict[str, Any], global_tower: dict[str, Any]) -> None:
        super().__init__()
        self.local_tower = BACKBONES.build(local_tower)
        self.global_tower = BACKBONES.build(global_tower)
        for name in ('embed_dim', 'num_groups', 'group_size', 'skip_near_origin'):
            here, there = getattr(self.local_tower, name), getattr(self.global_tower, name)
            if here != there:
                raise ValueError(f'the two towers differ in {name}: {here} and {there}')

    @property
    def query_names(self) -> tuple[str, ...]:
        """Names of the global tower's queries."""
        return self.global_tower.query_names

    @property
    def embed_dim(self) -> int:
        """Channels C of each tower."""
        return self.local_tower.embed_dim

    @property
    def num_features(self) -> int:
        """Channels C of each tower."""
        return self.local_tower.embed_dim

    @property
    def num_heads(self) -> int:
        """Attention heads of the local tower."""
        return self.local_tower.num_heads

    @property
    def group_size(self) -> int:
        """Points K of a patch."""
        return self.local_tower.group_size

    def group(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Cut clouds (B, N, 3) into neighbourhoods (B, G, K, 3) and centres (B, G, 3), once for both towers."""
        return self.local_tower.group(points)

    def forward(
        self,
        points: Tensor,
        mask: Tensor | None = None,
        num_masked: int | None = None,
        groups: tuple[Tensor, Tensor] | None = None,
        return_layers: bool = False,
        return_attention: bool = False,
    ) -> StudentOutput:
        """Tokens of the local tower with the queries of the global tower; arguments as in PointTransformer.

        Attentions hold the local tower's ``tokens`` and the global tower's ``queries``.
        """
        groups = self.group(points) if groups is None else groups
        output: StudentOutput = self.local_tower(points, mask, num_masked, groups, return_layers, return_attention)
        contrast = self.global_tower(points, None, None, groups, return_layers, return_attention)
        output.queries = contrast.queries
        output.query_layers = contrast.query_layers
        output.attentions = [
            {'tokens': ours['tokens'], 'queries': theirs['queries']}
            for ours, theirs in zip(output.attentions, contrast.attentions, strict=True)
        ]
        return output

    def forward_features(self, points: Tensor, pool: str = 'cls') -> Tensor:
        """Pooled features (B, F) of whole clouds (B, N, 3); see :meth:`StudentOutput.pool`."""
        output: StudentOutput = self(points)
        return output.pool(pool)

    def forward_intermediates(self, points: Tensor, indices: Sequence[int] | None = None) -> list[Tensor]:
        """Patch tokens (B, G, C) of the local tower after the layers ``indices`` (all by default)."""
        return self.local_tower.forward_intermediates(points, indices)

    def no_weight_decay(self) -> set[str]:
        """Names of the parameters that take no weight decay although they are not vectors."""
        return {f'{tower}.{name}' for tower in _TOWERS for name in getattr(self, tower).no_weight_decay()}

    def layer_groups(self) -> list[list[str]]:
        """Parameter names from input to output, both towers' layers of one depth together."""
        pairs = zip(self.local_tower.layer_groups(), self.global_tower.layer_groups(), strict=True)
        return [
            [f'{tower}.{name}' for tower, names in zip(_TOWERS, pair, strict=True) for name in names] for pair in pairs
        ]


_TOWERS = ('local_tower', 'global_tower')
