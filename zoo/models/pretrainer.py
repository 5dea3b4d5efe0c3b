"""Self-supervised pretraining: one backbone and a list of objectives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from zoo.backbones import StudentOutput, require
from zoo.errors import UsageError
from zoo.layers import Mask
from zoo.models.base import PointModel
from zoo.models.preprocess import transformed
from zoo.objectives import Objective
from zoo.registry import MASKS, MODELS, OBJECTIVES


@MODELS.register_module()
class Pretrainer(PointModel):
    """Every pretraining method of the zoo is a config of this class.

    Where an objective asks for a second view (:class:`zoo.objectives.ViewContrast`), the preprocessor makes it of the
    raw cloud, so that both views are independent draws of points and of augmentations, and the student encodes it,
    under a mask of its own where the method masks. Methods that do not ask pay nothing.

    Args:
        backbone: config of the student.
        objectives: configs of the objectives by name; the loss of ``image`` is logged as ``loss_image``. One that is
            None is left out, so that one option switches it off.
        mask: config of the mask, such as ``dict(type='random', ratio=0.6)``, or None for methods that mask nothing.
        second_view: configs of the batched transforms that make the second view; None takes the preprocessor's
            transforms of the first view, drawn anew.
        data_preprocessor: config of the batched transforms.

    Raises:
        UsageError: the backbone does not provide what an objective or the mask needs, or lacks a query that is read.
        ValueError: no objective, an unknown one, or an unknown mask.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        objectives: Mapping[str, dict[str, Any] | None],
        mask: dict[str, Any] | None = None,
        second_view: Sequence[dict[str, Any]] | None = None,
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        wanted = {name: cfg for name, cfg in objectives.items() if cfg is not None}
        if not wanted:
            raise ValueError('a pretraining method needs at least one objective')
        self.needs_second_view = any(_class_of(cfg).needs_second_view for cfg in wanted.values())
        settings = dict(data_preprocessor or {'type': 'BatchPreprocessor'})
        if self.needs_second_view:
            settings['second'] = settings.get('train', ()) if second_view is None else second_view
        super().__init__(backbone, settings)
        self.mask: Mask | None = None
        if mask is not None:
            if MASKS.get(str(mask.get('type'))) is None:
                known = ', '.join(sorted(MASKS.module_dict))
                raise ValueError(f"unknown mask type '{mask.get('type')}': choose one of {known}")
            require(self.backbone, {'masking'}, f"mask '{mask['type']}'")
            self.mask = MASKS.build(dict(mask))
        self.objectives: Any = nn.ModuleDict({name: self._built(name, cfg) for name, cfg in wanted.items()})

    def loss(
        self, points: Tensor, mask: Tensor | None = None, second_points: Tensor | None = None, **batch: Any
    ) -> dict[str, Tensor]:
        """Weighted loss of every objective, and penalties of the backbone, as ``loss_<name>``.

        Args:
            points: (B, N, 3).
            mask: bool (B, G), True = masked; drawn as configured when not given.
            second_points: second view (B, N', 3) of the same objects, from the preprocessor; without one, where it is
                needed, it is made of ``points``.
            batch: inputs of the teachers: ``image`` or ``image_feature``, ``text`` or ``text_feature``, ``class_id``.
        """
        output = self.encode(points, mask)
        if self.needs_second_view:
            if second_points is None:
                second_points = transformed({'points': points}, self.data_preprocessor.second_transforms)['points']
            output.second = self.encode(second_points)
        batch['points'] = points
        losses = {name: objective.weight * objective(output, batch) for name, objective in self.objectives.items()}
        return {f'loss_{name}': loss for name, loss in (output.penalties | losses).items()}

    def encode(self, points: Tensor, mask: Tensor | None = None) -> StudentOutput:
        """The student's output for clouds (B, N, 3) under ``mask`` (B, G), drawn as configured when not given."""
        if mask is not None or self.mask is None:
            return self.backbone(points, mask)
        groups = self.backbone.group(points)
        return self.backbone(points, self.mask(groups, self.backbone), self.mask.count(groups[1].shape[1]), groups)

    def teachers(self) -> dict[str, nn.Module]:
        """Frozen teachers by modality, whose features may be computed once and put into the batch."""
        found: dict[str, nn.Module] = {}
        for objective in self.objectives.values():
            found |= objective.teachers()
        return found

    def after_step(self, progress: float) -> None:
        """Let the teachers that follow the student move; called after every step of the optimizer.

        Args:
            progress: share of the training that is done.
        """
        for objective in self.objectives.values():
            objective.after_step(self.backbone, progress)

    def no_weight_decay(self) -> set[str]:
        """Names of parameters that take no weight decay although they are not vectors."""
        own = {
            f'objectives.{name}.{leaf}'
            for name, objective in self.objectives.items()
            for leaf in objective.no_weight_decay()
        }
        return super().no_weight_decay() | own

    def _built(self, name: str, cfg: dict[str, Any]) -> Objective:
        """An objective that fits the backbone."""
        kind, known = _class_of(cfg), self.backbone.query_names
        require(self.backbone, kind.requires, f"objective '{name}' ({kind.__name__})")
        objective: Objective = OBJECTIVES.build({'name': name, 'student': self.backbone, **cfg})
        if objective.query is not None and known and objective.query not in known:
            raise UsageError(
                f"objective '{name}' reads the query '{objective.query}', the backbone has {', '.join(known)}"
            )
        return objective


def _class_of(cfg: dict[str, Any]) -> type[Objective]:
    """Class of an objective from its config."""
    kind = cfg.get('type')
    found: type[Objective] | None = OBJECTIVES.get(kind) if isinstance(kind, str) else kind
    if found is None:
        raise ValueError(f"unknown objective '{kind}': choose one of {', '.join(sorted(OBJECTIVES.module_dict))}")
    return found
