"""The two towers of CLIP (arXiv 2103.00020) through transformers."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from zoo.registry import TEACHERS
from zoo.teachers.base import Teacher
from zoo.teachers.image import ImageTeacher
from zoo.teachers.sources import TOKENIZER, WEIGHTS, model_folder, present
from zoo.teachers.text import TextTeacher
from zoo.teachers.transformers_files import load_network

DEFAULT = 'openai/clip-vit-base-patch32'

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
"""CLIP's own normalization. The reference feeds it ImageNet's, which is not repeated here."""

IMAGE_FILES = (('config.json',), WEIGHTS)
TEXT_FILES = (*IMAGE_FILES, ('tokenizer.json', 'vocab.json'))


class _Tower(Teacher):
    """One tower of CLIP.

    Args:
        model: A hub name, or a local folder with ``config.json``, the weights and, for texts, the tokenizer.
        embed_dim: Channels C of the space that both towers share.
        frozen: Whether its network is left as it is.
    """

    def __init__(self, model: str = DEFAULT, embed_dim: int = 512, *, frozen: bool = True) -> None:
        super().__init__(embed_dim, frozen=frozen)
        self.model = model
        self._prepare()

    @property
    def space(self) -> str:
        """That of both towers of a model."""
        return f'CLIP {self.model}'


@TEACHERS.register_module()
class CLIPImageTeacher(_Tower, ImageTeacher):
    """Projected image features of CLIP, not scaled to length 1, as ReCon uses them."""

    @cached_property
    def _folder(self) -> Path:
        """The folder of the model."""
        return model_folder(self.model, IMAGE_FILES)

    def _files(self) -> tuple[Path, ...]:
        """Return configuration and weights."""
        return present(self._folder, ('config.json',)) + present(self._folder, WEIGHTS)[:1]

    def _load(self) -> nn.Module:
        """Load the image tower."""
        network: Any = load_network('CLIPModel', self._folder)
        del network.text_model, network.text_projection, network.logit_scale
        return network

    def _encode(self, network: Any, inputs: Any) -> Tensor:
        """Return projected features, shape ``(B, C)``."""
        images = self.prepare(inputs, network.config.vision_config.image_size, MEAN, STD)
        return _pooled(network.get_image_features(pixel_values=images))

    def _preprocessing(self) -> dict[str, Any]:
        """Describe the scale of the input; its size is in ``config.json``."""
        return {'mean': MEAN, 'std': STD}


@TEACHERS.register_module()
class CLIPTextTeacher(_Tower, TextTeacher):
    """Projected text features of CLIP, not scaled to length 1, as ReCon uses them."""

    @cached_property
    def _folder(self) -> Path:
        """The folder of the model."""
        return model_folder(self.model, TEXT_FILES, TOKENIZER)

    def _load(self) -> nn.Module:
        """Load the text tower."""
        network: Any = load_network('CLIPModel', self._folder)
        del network.vision_model, network.visual_projection, network.logit_scale
        return network

    def _encode(self, network: Any, inputs: Any) -> Tensor:
        """Return projected features, shape ``(B, C)``; a text is cut at the length the tower knows."""
        texts = self.check(inputs)
        if not texts:
            return self._anchor.new_zeros(0, self.embed_dim)
        tokens = self.tokens(texts, network.config.text_config.max_position_embeddings)
        return _pooled(
            network.get_text_features(input_ids=tokens['input_ids'], attention_mask=tokens['attention_mask'])
        )


def _pooled(output: Any) -> Tensor:
    """Return the features: transformers 4 returns them bare, transformers 5 inside an object."""
    return output if isinstance(output, Tensor) else output.pooler_output
