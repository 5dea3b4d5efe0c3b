"""The contract of an objective."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from torch import Tensor, nn

from zoo.backbones import Backbone, StudentOutput


class Objective(nn.Module, ABC):
    """(student output, teacher, loss): a pretraining method is one backbone and a list of these.

    A subclass is built with ``name``, ``student`` and the arguments of its config. It reads the sizes that it needs
    from ``student`` (a :class:`zoo.backbones.Backbone`), which stays the pretrainer's.

    Args:
        name: the loss is logged as ``loss_<name>``.
        weight: factor of the loss in the total.

    Attributes:
        requires: capabilities that the backbone must have, see :class:`zoo.backbones.Backbone`.
        needs_second_view: ask for ``output.second``, the student's output for an independently augmented view.
        query: name of the global query it reads; None when it reads patch tokens only. In a backbone without queries
            its pooled features stand for any query.
    """

    requires: ClassVar[frozenset[str]] = frozenset()
    needs_second_view: ClassVar[bool] = False
    query: str | None = None

    def __init__(self, name: str, weight: float = 1.0) -> None:
        super().__init__()
        self.name = name
        self.weight = weight

    @abstractmethod
    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Unweighted scalar loss of one batch."""

    def teachers(self) -> dict[str, nn.Module]:
        """Frozen teachers whose features may be computed once, by the name of their batch key's stem."""
        return {}

    def after_step(self, student: Backbone, progress: float) -> None:
        """Called after every step of the optimizer, for teachers that follow the student.

        Args:
            student: the backbone.
            progress: share of the training that is done.
        """

    def no_weight_decay(self) -> set[str]:
        """Names of own parameters that take no weight decay although they are not vectors."""
        return set()
