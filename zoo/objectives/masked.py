"""What objectives on masked groups share: how to come by the student's tokens there."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from zoo.backbones import Backbone, StudentOutput
from zoo.layers import MaskedDecoder
from zoo.objectives.base import Objective


class MaskedObjective(Objective):
    """Predicts something of the masked groups.

    Args:
        name: name of the objective.
        student: the backbone; its attention heads are those of the decoder unless the decoder's config says otherwise.
        decoder: arguments of :class:`MaskedDecoder` beside ``embed_dim``; None reads the student's own tokens at the
            masked places, for students that replace masked tokens instead of dropping them.
        weight: factor of the loss.

    Attributes:
        token_dim: channels W of :meth:`masked_tokens`.
    """

    requires = frozenset({'tokens', 'masking'})

    def __init__(self, name: str, student: Backbone, decoder: dict[str, Any] | None, weight: float = 1.0) -> None:
        super().__init__(name, weight)
        settings = {'num_heads': student.num_heads, **(decoder or {})}
        self.decoder = None if decoder is None else MaskedDecoder(student.embed_dim, **settings)
        self.token_dim = student.embed_dim if self.decoder is None else self.decoder.width

    def masked_tokens(self, output: StudentOutput) -> Tensor:
        """The student's tokens of the masked groups (B, M, W), decoded where they were dropped.

        Raises:
            ValueError: the batch was not masked, or the student and ``decoder`` do not fit each other.
        """
        if output.visible is None or output.masked is None:
            raise ValueError(f'{type(self).__name__} needs masked groups: give the pretrainer a mask')
        replaced = output.tokens.shape[1] == output.centers.shape[1]
        if self.decoder is None:
            if not replaced:
                raise ValueError(f"{type(self).__name__} needs a decoder, or a student with masked_tokens='replace'")
            return output.at_masked(output.tokens)
        if replaced:
            raise ValueError(f"{type(self).__name__} with a decoder needs a student with masked_tokens='drop'")
        return self.decoder(output.tokens, *self.places(output))

    def places(self, output: StudentOutput) -> tuple[Tensor, Tensor]:
        """Where the decoder is told that visible groups (B, V, 3) and masked groups (B, M, 3) are: at their centers."""
        return output.at_visible(output.centers), output.at_masked(output.centers)

    def no_weight_decay(self) -> set[str]:
        """The mask token."""
        return set() if self.decoder is None else {'decoder.mask_token'}
