"""Zero-shot classification: which class text is nearest to the projected query.

Source: arXiv 2302.02318. The feature of a cloud is a weighted sum of projected queries (the released code: image plus
ratio times text), compared by cosine with the texts of the classes.

Traps: the released code reports train and test together (66.8 on ModelNet40 where the test split gives 61.7), tunes
ratio and grouping per data set, sums text features of prompts without giving them one length, and spells a class
"toile". Here the split is part of the protocol's name, every sentence weighs the same, and streams may be summed only
where their teachers share one space, as CLIP's do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.protocols.base import TEXT, Context, Data, Protocol
from benchmarks.protocols.features import evaluation_transforms, require_finite
from benchmarks.protocols.measurement import Measurement, classified
from zoo.datasets.captions import readable
from zoo.errors import UsageError
from zoo.hub.state import still_fresh
from zoo.objectives import AlignModality
from zoo.teachers import PROMPTS

CLIP = {'image': 1.0, 'text': 0.25}
"""Weights of the streams in the released code for ModelNet40; both teachers are CLIP's."""


class ProjectedQueries(nn.Module):
    """The weighted sum of a pretrained student's projected queries.

    Args:
        pretrainer: :class:`zoo.models.Pretrainer` with the weights of its pretraining.
        streams: weights of alignment objectives by name, such as ``{'text': 1.0}``.

    Raises:
        UsageError: the method has no such objective, or the widths of their targets differ.
    """

    def __init__(self, pretrainer: Any, streams: Mapping[str, float]) -> None:
        super().__init__()
        objectives = alignments(pretrainer)
        missing = [name for name in streams if name not in objectives]
        if missing or not streams:
            known = ', '.join(objectives) or 'none, so it has no zero-shot'
            raise UsageError(f'zero-shot reads the streams {", ".join(streams) or "(none)"}; this method has {known}')
        widths = {name: objectives[name].projection.out_features for name in streams}
        if len(set(widths.values())) > 1:
            raise UsageError(f'zero-shot sums streams of one space; the targets of {widths} differ: choose one of them')
        self.backbone = pretrainer.backbone
        self.objectives: Any = nn.ModuleDict({name: objectives[name] for name in streams})
        self.streams = tuple(sorted(streams.items()))

    def forward(self, points: Tensor) -> Tensor:
        """Features (B, D) of clouds (B, N, 3), not normalized."""
        output = self.backbone(points)
        projected = [
            weight * self.objectives[name].projection(output.global_feature(self.objectives[name].query))
            for name, weight in self.streams
        ]
        return torch.stack(projected).sum(dim=0)


def streams_of(pretrainer: Any, modality: str) -> dict[str, float]:
    """Streams that live in the space of a modality's teacher, each weighing the same, by the name of their objective.

    One is the modality's own. The space is what ``zoo.teachers.Teacher.space`` says.
    """
    teachers = {name: entry.teacher for name, entry in alignments(pretrainer).items() if entry.teacher is not None}
    own = teachers.get(modality)
    return {name: 1.0 for name, teacher in teachers.items() if own is not None and teacher.space == own.space}


def comparable(
    model: ProjectedQueries, features: np.ndarray, references: np.ndarray
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Features (S, D) of clouds and unit vectors (T, D) of references, and whether the mean over channels was left out.

    It says nothing where the targets of the students were layer-normalized.
    """
    centered = any(entry.target_norm == 'layer' for entry in model.objectives.values())
    if centered:
        features, references = (rows - rows.mean(1, keepdims=True) for rows in (features, references))
    return features, references / np.linalg.norm(references, axis=1, keepdims=True), centered


def alignments(pretrainer: Any) -> dict[str, AlignModality]:
    """Objectives that align a query with another modality, by name; without those that released weights leave out."""
    found = {name: entry for name, entry in pretrainer.objectives.items() if isinstance(entry, AlignModality)}
    fresh = still_fresh(pretrainer)
    if any(name.startswith('backbone.') for name in fresh):  # random on purpose
        return found
    return {name: entry for name, entry in found.items() if f'objectives.{name}.projection.weight' not in fresh}


@torch.inference_mode()
def class_text_features(teacher: Any, classes: Sequence[str], prompts: Sequence[str] = PROMPTS) -> Tensor:
    """Mean of the unit features of every sentence about a class, computed once for all clouds.

    Args:
        teacher: text teacher.
        classes: names of classes, turned into words.
        prompts: P templates with one ``{}``.

    Returns:
        Unit vectors (classes, D).
    """
    rows = [
        F.normalize(teacher([prompt.format(readable(name)) for prompt in prompts]), dim=-1).mean(dim=0)
        for name in classes
    ]
    return F.normalize(torch.stack(rows), dim=-1)


@dataclass(frozen=True)
class ZeroShot(Protocol):
    """Zero-shot classification: a pretrained student is given the names of the classes alone.

    Attributes:
        streams: weights of the alignment objectives by name; by default the text stream, and with the same weight those
            whose teachers share the space of the texts.
        split: split that is measured on, ``test`` or ``train+test``, which are different protocols.
        prompts: templates of the texts with one ``{}``; those of the teachers by default.
    """

    streams: Mapping[str, float] | None = None
    split: str = 'test'
    prompts: tuple[str, ...] = ()

    name, requires, learns, suite, title = 'zero_shot', TEXT, False, None, 'zero-shot'
    task, literature = '3D Point Cloud Zero-Shot Classification', {'zero-shot': 'zero_shot'}

    @property
    def recorded(self) -> str:
        """Name in records."""
        return self.name if self.split == 'test' else f'{self.name}@{self.split}'

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Compare clouds with the texts of the classes, by the teacher of the ``text`` objective.

        Raises:
            UsageError: a stream is missing or the teacher's space is another one.
        """
        model = ProjectedQueries(encoder, self.streams or streams_of(encoder, 'text') or {'text': 1.0})
        aligned, prompts = alignments(encoder), self.prompts or PROMPTS
        text = aligned['text'].teacher if 'text' in aligned else None
        if text is None:
            raise UsageError('zero-shot needs a text teacher: this method has none, give one')
        class_features = class_text_features(text, data.test.classes, prompts).cpu().numpy()
        require_finite(class_features, text, data.test)
        transforms = evaluation_transforms(context.num_points)
        features, labels = context.cache.get(model, data.test, transforms, context.device)
        if features.shape[1] != class_features.shape[1]:
            raise UsageError(
                f'the streams {dict(model.streams)} have {features.shape[1]} channels and the texts '
                f'{class_features.shape[1]}: they are not of one space'
            )
        features, unit, centered = comparable(model, features, class_features)
        predicted = (features @ unit.T).argmax(axis=1)
        own = {
            'split': self.split,
            'streams': dict(model.streams),
            'prompts': len(prompts),
            'text_teacher': type(text).__name__,
            'centred': centered,
        }
        return classified(labels, predicted, data.test.classes, own)
