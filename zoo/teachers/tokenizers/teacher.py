"""Learned tokenizers as local teachers: an id, or a feature, for every group of points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from zoo.compat import expand
from zoo.errors import UsageError
from zoo.registry import TEACHERS
from zoo.teachers.base import Teacher
from zoo.teachers.tokenizers.cross_modal import CrossModalVAE
from zoo.teachers.tokenizers.files import load_tokenizer
from zoo.teachers.tokenizers.vae import DiscreteVAE


class PointTokenizer(Teacher):
    """A frozen autoencoder of point groups, read from a file at the first use.

    It is always frozen: a tokenizer trained with the student would be rewarded for giving every group the same id.

    Parity: the released code leaves the tokenizer in training mode while it pretrains the student, so that its batch
    norms see each batch and drift; here it is in eval mode.

    Args:
        weights: File with the tokenizer.
        num_tokens: Size V of the vocabulary.
        embed_dim: Channels C of a group's feature.
        trained_by: Config that trains such a tokenizer, for the message when the file is missing.
        sample: Draw the ids behind a feature with Gumbel noise, as the released code of ACT does.
    """

    modality = 'points'
    network_type: type[DiscreteVAE] = DiscreteVAE
    foundation: dict[str, Any] | None = None

    def __init__(self, weights: str, num_tokens: int, embed_dim: int, trained_by: str, sample: bool = False) -> None:
        super().__init__(embed_dim)
        self.weights = weights
        self.num_tokens = num_tokens
        self.trained_by = trained_by
        self.sample = sample

    def tokens(self, neighborhoods: Tensor, centers: Tensor) -> Tensor:
        """Name every group.

        Args:
            neighborhoods: Points of every group relative to its center, shape ``(B, G, K, 3)``.
            centers: Shape ``(B, G, 3)``.

        Returns:
            Ids below ``num_tokens``, int64, shape ``(B, G)``.

        Raises:
            UsageError: The file is missing, or holds another vocabulary than this was built for.
        """
        network: Any = self._network()
        with torch.no_grad():
            return network.tokens(neighborhoods, centers)

    def forward(self, inputs: Any) -> Tensor:
        """Compute the features of groups.

        Args:
            inputs: Pair of neighborhoods ``(B, G, K, 3)`` and centers ``(B, G, 3)``.

        Returns:
            float32, shape ``(B, G, C)``, without gradient.

        Raises:
            UsageError: As ``tokens``, or the input is no such pair.
        """
        if not isinstance(inputs, tuple | list) or len(inputs) != 2:
            raise UsageError(f'{type(self).__name__} needs neighborhoods (B, G, K, 3) and centers (B, G, 3)')
        return super().forward(inputs)

    def _files(self) -> tuple[Path, ...]:
        """Return the file."""
        path = expand(self.weights)
        if not path.is_file():
            raise UsageError(
                f'{type(self).__name__}: there is no file {path}: train it with python tools/train.py '
                f'{self.trained_by}, or name a file with weights=FILE of this teacher'
            )
        return (path,)

    def _load(self) -> nn.Module:
        """Read the network and check that it is the kind and size that was asked for."""
        (path,) = self._files()
        network = load_tokenizer(path, self.foundation)
        if type(network) is not self.network_type:
            raise UsageError(f'{path} holds a {type(network).__name__}, {type(self).__name__} needs another kind')
        for name in ('num_tokens', 'embed_dim'):
            if getattr(network, name) != getattr(self, name):
                raise UsageError(
                    f'{path} has {name} {getattr(network, name)}, but {type(self).__name__} was built with '
                    f'{getattr(self, name)}: set {name}={getattr(network, name)}'
                )
        return network

    def _encode(self, network: Any, inputs: Any) -> Tensor:
        """Return the features, shape ``(B, G, C)``."""
        return network.features(*inputs, sample=self.sample)

    def _preprocessing(self) -> dict[str, Any]:
        """Say whether ids are drawn, and what stands in for the file's frozen transformer."""
        if self.foundation is None:
            return {'sample': self.sample}
        return {'sample': self.sample, 'foundation': TEACHERS.build(self.foundation).fingerprint}


@TEACHERS.register_module()
class DVAETokenizer(PointTokenizer):
    """The dVAE of Point-BERT (arXiv 2111.14819), trained by ``configs/point_bert/dvae*.py`` or released.

    See ``PointTokenizer`` for the arguments.
    """

    def __init__(
        self,
        weights: str = 'work_dirs/point_bert_dvae/weights.safetensors',
        num_tokens: int = 8192,
        embed_dim: int = 256,
        trained_by: str = 'configs/point_bert/dvae.py',
        sample: bool = False,
    ) -> None:
        super().__init__(weights, num_tokens, embed_dim, trained_by, sample)


@TEACHERS.register_module()
class CrossModalTokenizer(PointTokenizer):
    """The autoencoder of ACT (arXiv 2212.08320), trained by ``configs/act/autoencoder*.py`` or released.

    See ``PointTokenizer`` for the other arguments.

    Args:
        foundation: Config of the frozen transformer instead of the one that the file names, such as
            ``dict(type='TimmTransformer', weights='vit.safetensors')`` where that is in a local file.
    """

    network_type = CrossModalVAE

    def __init__(
        self,
        weights: str = 'work_dirs/act_autoencoder/weights.safetensors',
        num_tokens: int = 8192,
        embed_dim: int = 384,
        trained_by: str = 'configs/act/autoencoder.py',
        sample: bool = False,
        foundation: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(weights, num_tokens, embed_dim, trained_by, sample)
        self.foundation = foundation
