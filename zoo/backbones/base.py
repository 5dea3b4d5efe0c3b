"""The contract of a backbone: all that anything above ``backbones`` may know of a student."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from zoo.backbones.output import StudentOutput
from zoo.errors import UsageError
from zoo.registry import BACKBONES

Groups = tuple[Tensor, Tensor]
"""Neighborhoods (B, G, K, 3), relative to their centers, and centers (B, G, 3)."""


class Backbone(nn.Module, ABC):
    """A student: points to a typed output. Its users ask what it provides, never which class it is.

    ========= ======================================================================================================
    queries   named global queries, each with channels C
    tokens    patch tokens with centers, of C channels after every layer
    layers    ``return_layers`` and ``forward_intermediates``
    attention ``return_attention``
    masking   :meth:`group`, and a ``mask`` over the groups
    unplaced  with a mask, masked groups encoded without their positions, which no visible token reads
    ========= ======================================================================================================

    Attributes:
        capabilities: all that a backbone of this class may provide; with its arguments it may provide less.
        task_arguments: arguments of the constructor that belong to the task rather than to the network, so that a
            backbone that replaces another one keeps the other's.
        embed_dim: channels C of queries and tokens.
        depth: number of layers L.
        query_names: names of the global queries.
        num_heads: attention heads; those that a decoder takes by default.
        num_groups: patches G; 0 where there are none.
        group_size: points K of a patch; 1 where a token stands for a point.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset()
    task_arguments: ClassVar[tuple[str, ...]] = ()
    embed_dim: int
    depth: int
    query_names: tuple[str, ...] = ()
    num_heads: int = 1
    num_groups: int = 0
    group_size: int = 1

    @property
    def provides(self) -> frozenset[str]:
        """Those of the table above that this backbone has."""
        return self.capabilities if self.query_names else self.capabilities - {'queries'}

    @property
    def num_features(self) -> int:
        """Channels C of queries and tokens."""
        return self.embed_dim

    def pooled_features(self, kind: str) -> int:
        """Length F of :meth:`StudentOutput.pool`."""
        if kind == 'cls':
            return (len(self.query_names) + 1) * self.embed_dim
        return 2 * self.embed_dim if self.query_names else self.embed_dim

    @property
    def global_features(self) -> int:
        """Length of :meth:`StudentOutput.global_feature`."""
        return self.embed_dim if self.query_names else self.pooled_features('svm')

    def group(self, points: Tensor) -> Groups:
        """Cut clouds (B, N, 3) into neighborhoods (B, G, K, 3) and centers (B, G, 3).

        Raises:
            TypeError: the backbone has no patches.
        """
        raise TypeError(f'a {type(self).__name__} cuts no patches')

    @abstractmethod
    def forward(
        self,
        points: Tensor,
        mask: Tensor | None = None,
        num_masked: int | None = None,
        groups: Groups | None = None,
        return_layers: bool = False,
        return_attention: bool = False,
    ) -> StudentOutput:
        """Encode a batch of clouds.

        Args:
            points: (B, N, 3); not read when ``groups`` is given.
            mask: bool (B, G), True = masked, the same number in every row; None masks nothing.
            num_masked: number of masked groups, when the caller knows it; counting it waits for the device.
            groups: neighborhoods (B, G, K, 3) and centers (B, G, 3), when already cut.
            return_layers: fill ``layers`` and ``query_layers``.
            return_attention: fill ``attentions``.

        Raises:
            ValueError: something is asked for that the backbone does not provide, or ``mask`` does not fit the groups.
        """

    def forward_features(self, points: Tensor, pool: str = 'cls') -> Tensor:
        """Pooled features (B, F) of whole clouds (B, N, 3); see :meth:`StudentOutput.pool`."""
        output: StudentOutput = self(points)
        return output.pool(pool)

    def forward_intermediates(self, points: Tensor, indices: Sequence[int] | None = None) -> list[Tensor]:
        """Tokens (B, T, C) after the layers ``indices`` (all by default; negative counts from the end)."""
        layers = self(points, return_layers=True).layers
        return [layers[i] for i in (range(len(layers)) if indices is None else indices)]

    def normalized(self, tokens: Tensor) -> Tensor:
        """Tokens (B, T, C) of some layer through the norm that follows the last one."""
        return tokens

    def no_weight_decay(self) -> set[str]:
        """Names of the parameters that take no weight decay although they are not vectors."""
        return set()

    @abstractmethod
    def layer_groups(self) -> list[list[str]]:
        """Parameter names from input to output, one group for every layer."""

    @classmethod
    def downstream(cls, config: dict[str, Any], task: str) -> dict[str, Any]:
        """Turn the config of a pretraining student into that for a downstream task.

        Args:
            config: arguments of the constructor and ``type``.
            task: ``classify``, ``features`` or ``segment``.
        """
        return config


def require(backbone: Backbone, needs: Collection[str], who: str) -> None:
    """Refuse a backbone that does not provide what somebody needs of it.

    Args:
        backbone: the student.
        needs: entries of the table in :class:`Backbone`.
        who: names the one that needs it.

    Raises:
        UsageError: names what is missing and which backbones have it.
    """
    missing = sorted(set(needs) - backbone.provides)
    if missing:
        fitting = [
            name + ' with other arguments' * isinstance(backbone, kind)
            for name, kind in BACKBONES.module_dict.items()
            if set(needs) <= kind.capabilities
        ]
        raise UsageError(
            f'{who} needs {", ".join(missing)} of its backbone, which this {type(backbone).__name__} does not provide: '
            f'choose {" or ".join(sorted(fitting)) or "another one"}'
        )
