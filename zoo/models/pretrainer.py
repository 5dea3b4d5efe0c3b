"""Self-supervised pretraining: one backbone and a list of objectives."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from zoo.backbones import StudentOutput
from zoo.layers import block_mask, mask_count, random_mask
from zoo.models.base import PointModel
from zoo.models.preprocess import build_transforms, transformed
from zoo.objectives import Objective
from zoo.registry import MODELS, OBJECTIVES

MASKS = {'random': random_mask, 'block': block_mask}


@MODELS.register_module()
class Pretrainer(PointModel):
    """Every pretraining method of the zoo is a config of this class.

    Where an objective asks for a second view (:class:`zoo.objectives.ViewContrast`), the preprocessor makes it of the
    raw cloud, so that both views are independent draws of points and of augmentations, and the student encodes it,
    under a mask of its own where the method masks. Methods that do not ask pay nothing.

    Args:
        backbone: config of the student.
        objectives: configs of the objectives by name; the loss of ``image`` is logged as ``loss_image``. ``embed_dim``,
            ``num_heads`` and ``group_size`` are filled in from the backbone where an objective asks for them and its
            config does not say. An objective that is None is left out, so that one option switches it off.
        mask: ``dict(type='random' | 'block', ratio=0.6)``, or None for methods that mask nothing.
        second_view: configs of the batched transforms that make the second view; None takes the preprocessor's
            transforms of the first view, drawn anew.
        data_preprocessor: config of the batched transforms.

    Raises:
        ValueError: no objective, an unknown mask type, or an objective reads a query that the student does not have.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        objectives: Mapping[str, dict[str, Any] | None],
        mask: dict[str, Any] | None = None,
        second_view: Sequence[dict[str, Any]] | None = None,
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor)
        wanted = {name: cfg for name, cfg in objectives.items() if cfg is not None}
        if not wanted:
            raise ValueError('a pretraining method needs at least one objective')
        if mask is not None and mask.get('type') not in MASKS:
            raise ValueError(f"unknown mask type '{mask.get('type')}': choose one of {', '.join(MASKS)}")
        self.objectives = nn.ModuleDict(
            {name: _build_objective(name, cfg, self.backbone) for name, cfg in wanted.items()}
        )
        self.mask = mask
        self.needs_second_view = any(goal.needs_second_view for goal in self.objectives.values())
        first = self.data_preprocessor.train_transforms
        self.second_transforms = first if second_view is None else build_transforms(second_view)
        if self.needs_second_view:
            self.data_preprocessor.second_transforms = self.second_transforms

    def loss(
        self, points: Tensor, mask: Tensor | None = None, second_points: Tensor | None = None, **batch: Any
    ) -> dict[str, Tensor]:
        """Weighted loss of every objective, as ``loss_<name>``.

        Args:
            points: (B, N, 3).
            mask: bool (B, G), True = masked; drawn as configured when not given.
            second_points: second view (B, N', 3) of the same objects, from the preprocessor; without one, where it is
                needed, it is made of ``points``.
            batch: what the teachers read: ``image`` or ``image_feature``, ``text`` or ``text_feature``, ``class_id``.
        """
        output = self.encode(points, mask)
        if self.needs_second_view:
            if second_points is None:
                second_points = transformed({'points': points}, self.second_transforms)['points']
            output.second = self.encode(second_points)
        batch['points'] = points
        return {f'loss_{name}': goal.weight * goal(output, batch) for name, goal in self.objectives.items()}

    def encode(self, points: Tensor, mask: Tensor | None = None) -> StudentOutput:
        """The student's output for clouds (B, N, 3) under ``mask`` (B, G), drawn as configured when not given."""
        groups = self.backbone.group(points)
        num_masked = None
        if mask is None and self.mask is not None:
            mask = MASKS[self.mask['type']](groups[1], self.mask['ratio'])
            num_masked = mask_count(groups[1].shape[1], self.mask['ratio'])
        return self.backbone(points, mask, num_masked, groups)

    def teachers(self) -> dict[str, nn.Module]:
        """Frozen teachers by modality, whose features may be computed once and put into the batch."""
        found: dict[str, nn.Module] = {}
        for goal in self.objectives.values():
            found |= goal.teachers()
        return found

    def no_weight_decay(self) -> set[str]:
        """Names of parameters that take no weight decay although they are not vectors."""
        own = {f'objectives.{name}.{leaf}' for name, goal in self.objectives.items() for leaf in goal.no_weight_decay()}
        return super().no_weight_decay() | own


def _build_objective(name: str, cfg: dict[str, Any], backbone: nn.Module) -> Objective:
    """Build one objective, with the student's sizes where its constructor asks for them."""
    kind = cfg.get('type')
    target = OBJECTIVES.get(kind) if isinstance(kind, str) else kind
    if target is None:
        raise ValueError(f"unknown objective '{kind}': choose one of {', '.join(sorted(OBJECTIVES.module_dict))}")
    asked = inspect.signature(target).parameters
    sizes = {key: getattr(backbone, key) for key in ('embed_dim', 'num_heads', 'group_size') if key in asked}
    goal: Objective = OBJECTIVES.build({**sizes, 'name': name, **cfg})
    if goal.query is not None and goal.query not in backbone.query_names:
        known = ', '.join(backbone.query_names) or 'none'
        raise ValueError(f"objective '{name}' reads the query '{goal.query}', the backbone has {known}")
    return goal
