"""What the supervised baselines share: networks that pool features of points, without patches, masks or queries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor, nn

from zoo.layers import largest


class CloudEncoder(nn.Module, ABC):
    """A backbone whose outputs are features per point and one feature vector per cloud.

    It fits wherever whole clouds are described (PointClassifier, FeatureExtractor); pretraining by masking needs the
    patch tokens of :class:`zoo.backbones.PointTransformer`.

    Attributes:
        embed_dim: channels C of the last layer's point features.
        query_names: always empty.
    """

    embed_dim: int
    query_names: tuple[str, ...] = ()

    @property
    def num_features(self) -> int:
        """Length F of the pooled features."""
        return self.embed_dim

    @abstractmethod
    def encode(self, points: Tensor) -> list[Tensor]:
        """Features (B, N', C') after every layer for clouds (B, N, 3); N' may shrink from layer to layer."""

    def pool(self, features: Tensor) -> Tensor:
        """Pool the last layer's features (B, N', C) to (B, F) as the paper does: their maximum."""
        return largest(features, dim=1)

    def forward(self, points: Tensor) -> Tensor:
        """Pooled features (B, F) of clouds (B, N, 3)."""
        return self.pool(self.encode(points)[-1])

    def forward_features(self, points: Tensor, pool: str = 'cls') -> Tensor:
        """Pooled features (B, F) of clouds (B, N, 3).

        Args:
            points: (B, N, 3).
            pool: ``cls`` or ``svm``, as for the other backbones; without queries both are the paper's own pooling.

        Raises:
            ValueError: unknown pooling.
        """
        if pool not in ('cls', 'svm'):
            raise ValueError(f"unknown pooling '{pool}': choose cls or svm")
        features: Tensor = self(points)
        return features

    def forward_with_penalties(self, points: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Pooled features (B, F) of clouds (B, N, 3), and weighted scalars to be added to the training loss: none."""
        return self(points), {}

    def forward_intermediates(self, points: Tensor, indices: Sequence[int] | None = None) -> list[Tensor]:
        """Features (B, N', C') after the layers ``indices`` (all by default; negative counts from the end)."""
        layers = self.encode(points)
        return [layers[i] for i in (range(len(layers)) if indices is None else indices)]

    def no_weight_decay(self) -> set[str]:
        """Names of the parameters that take no weight decay although they are not vectors: none."""
        return set()

    def layer_groups(self) -> list[list[str]]:
        """Parameter names from input to output, one group per module; modules are made in the order of their use."""
        groups: dict[str, list[str]] = {}
        for name, _ in self.named_parameters():
            module, _, rest = name.partition('.')
            part = rest.partition('.')[0] if isinstance(getattr(self, module), nn.ModuleList) else ''
            groups.setdefault(f'{module}.{part}', []).append(name)
        return list(groups.values())
