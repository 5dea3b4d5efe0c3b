"""Align several global queries with a teacher's features of several views, matched one to one."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from zoo import ops
from zoo.backbones import Backbone, StudentOutput
from zoo.errors import UsageError
from zoo.objectives.align import Alignment
from zoo.ops.library import define_operator
from zoo.registry import OBJECTIVES


@OBJECTIVES.register_module()
class AlignViews(Alignment):
    """Several queries of a modality, each compared with the view that it is matched with (ReCon++, arXiv 2402.17766).

    Queries go through one projection. Queries and features are compared as unit vectors: in every cloud, they are
    matched one to one for the largest sum of cosines, and matched pairs are compared by smooth L1. Where queries and
    views differ in number, the others of the larger side are left out.

    Parity: the released code sums over the clouds of a process and multiplies by 5; this is the mean over clouds, and
    the factor is left to ``weight``. It matches several texts too; here a text has one query.

    The targets are ``batch['<modality>_feature']`` (B, V, D), which ``FeatureBankHook(whole=('image',))`` provides; a
    single feature (B, D), or the teacher's output for ``batch['<modality>']``, is one view.

    Args:
        name: name of the objective; the queries are those called so and a number: ``image_1``, ``image_2``. In a
            backbone without queries its pooled features stand for one.
        student: the backbone.
        modality: ``image`` or ``text``; the name by default.
        teacher: config of the teacher; None when features always come with the batch.
        target_dim: width D of the target; the teacher's by default.
        weight: factor of the loss.

    Raises:
        UsageError: the backbone has queries, and none is called so.
        ValueError: neither teacher nor target_dim.
    """

    def __init__(
        self,
        name: str,
        student: Backbone,
        modality: str | None = None,
        teacher: dict[str, Any] | None = None,
        target_dim: int | None = None,
        weight: float = 1.0,
    ) -> None:
        super().__init__(name, student, modality or name, teacher, target_dim, weight)
        known = student.query_names
        self.queries = [query for query in known if query.rpartition('_')[0] == name] if known else [name]
        if not self.queries:
            raise UsageError(
                f"objective '{name}' reads queries '{name}_1' and so on, the backbone has {', '.join(known)}"
            )

    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Mean loss between matched queries and views."""
        target = self.target(batch).float()
        target = F.normalize(target if target.dim() == 3 else target.unsqueeze(1), dim=-1)
        queries = torch.stack([output.global_feature(query) for query in self.queries], dim=1)
        prediction = F.normalize(self.projection(queries).float(), dim=-1)
        rows, columns = matches(prediction, target)
        return F.smooth_l1_loss(prediction.take_along_dim(rows, 1), target.take_along_dim(columns, 1))


@torch.no_grad()
def matches(prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Pairs of the largest sum of products: M = min(Q, V) indices (B, M, 1) into each side.

    On a GPU this waits for the products, the only time in a step: the matching is done on the CPU.

    Args:
        prediction: (B, Q, D).
        target: (B, V, D).
    """
    with ops.full_precision(prediction.device):
        products = prediction @ target.transpose(1, 2)
    return cast('tuple[Tensor, Tensor]', _operator(products))


def _matches(products: Tensor) -> tuple[Tensor, Tensor]:
    # A loss that is not finite is for the training loop to report, so that matching must survive it.
    from scipy.optimize import linear_sum_assignment  # half a second of every import of the zoo

    pairs = np.array([linear_sum_assignment(table, maximize=True) for table in products.nan_to_num().cpu().numpy()])
    rows, columns = torch.from_numpy(pairs).to(products.device).unsqueeze(-1).unbind(1)
    return rows.clone(), columns.clone()  # outputs of an operator share no memory


def _fake(products: Tensor) -> tuple[Tensor, Tensor]:
    shape = (len(products), min(products.shape[1:]), 1)
    return products.new_empty(shape, dtype=torch.int64), products.new_empty(shape, dtype=torch.int64)


_operator = define_operator('match(Tensor products) -> (Tensor, Tensor)', _matches, _fake)
