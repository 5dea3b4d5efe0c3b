"""What the supervised baselines share: networks that pool features of points, without patches, masks or queries."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn

from zoo.backbones.base import Backbone, Groups
from zoo.backbones.output import StudentOutput
from zoo.layers import largest


class CloudEncoder(Backbone):
    """A backbone whose outputs are features per point and one feature vector per cloud.

    It fits wherever whole clouds are described, in contrast (the pooled features stand for the query that an objective
    reads) as well as in classification.

    Attributes:
        embed_dim: channels C of the last layer's point features.
    """

    capabilities = frozenset({'layers'})

    @property
    def num_features(self) -> int:
        """Length F of the pooled features."""
        return self.embed_dim

    def pooled_features(self, kind: str) -> int:
        """Length F of the pooled features, whatever the kind."""
        return self.num_features

    @abstractmethod
    def encode(self, points: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Features (B, N', C') after every layer for clouds (B, N, 3), and penalties; see :class:`StudentOutput`.

        N' may shrink from layer to layer.
        """

    def pool(self, features: Tensor) -> Tensor:
        """Pool the last layer's features (B, N', C) to (B, F) as the paper does: their maximum."""
        return largest(features, dim=1)

    def forward(
        self,
        points: Tensor,
        mask: Tensor | None = None,
        num_masked: int | None = None,
        groups: Groups | None = None,
        return_layers: bool = False,
        return_attention: bool = False,
    ) -> StudentOutput:
        """Encode a batch of clouds; see :class:`Backbone`. Centers and neighborhoods are empty.

        Raises:
            ValueError: a mask, groups or attention are asked for.
        """
        if mask is not None or groups is not None or return_attention:
            raise ValueError(f'a {type(self).__name__} has no patches to mask and no attention')
        layers, penalties = self.encode(points)
        output = StudentOutput({}, layers[-1], points[:, :0], points[:, :0, None])
        output.layers = layers if return_layers else []
        output.pooled, output.penalties = self.pool(layers[-1]), penalties
        return output

    def layer_groups(self) -> list[list[str]]:
        """Parameter names from input to output, one group per module; modules are made in the order of their use."""
        groups: dict[str, list[str]] = {}
        for name, _ in self.named_parameters():
            module, _, rest = name.partition('.')
            part = rest.partition('.')[0] if isinstance(getattr(self, module), nn.ModuleList) else ''
            groups.setdefault(f'{module}.{part}', []).append(name)
        return list(groups.values())
