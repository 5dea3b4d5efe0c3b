"""The local teacher of masked modeling: the cloud itself."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from zoo.errors import UsageError
from zoo.registry import TEACHERS
from zoo.teachers.base import Teacher


@TEACHERS.register_module()
class PointIdentity(Teacher):
    """The target of a group is its own points, as in Point-MAE (arXiv 2203.06604) and ReCon (arXiv 2302.02318).

    It has no weights, so nothing is loaded, frozen or trained.
    """

    modality = 'points'

    def __init__(self) -> None:
        super().__init__(embed_dim=3)

    @property
    def fingerprint(self) -> str:  # type: ignore[override]
        """The type alone: there is nothing else that could change."""
        return type(self).__name__

    def forward(self, inputs: Any) -> Tensor:
        """Return the points of the groups.

        Args:
            inputs: Points of every group relative to its center, shape ``(B, G, K, 3)``.

        Returns:
            The same tensor.

        Raises:
            UsageError: The input is no tensor of points.
        """
        if not isinstance(inputs, Tensor) or inputs.shape[-1:] != (3,):
            shape = tuple(inputs.shape) if isinstance(inputs, Tensor) else type(inputs).__name__
            raise UsageError(f'PointIdentity needs neighborhoods of shape (B, G, K, 3), got {shape}')
        return inputs
