"""Transforms: image pipelines on the host, augmentation of whole batches of points where the batch lives."""

from __future__ import annotations

from zoo.transforms.batched import (
    FPSSubsample,
    RandomRotateGravity,
    RandomScaleTranslate,
    RandomSubsample,
    UnitSphere,
)
from zoo.transforms.image import ImagePipeline, RandAugment, RandomResizedCrop

__all__ = [
    'FPSSubsample',
    'ImagePipeline',
    'RandAugment',
    'RandomResizedCrop',
    'RandomRotateGravity',
    'RandomScaleTranslate',
    'RandomSubsample',
    'UnitSphere',
]
