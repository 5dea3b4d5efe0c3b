"""Transforms: image pipelines on the host, augmentation of whole batches of points where the batch lives."""

from __future__ import annotations

from zoo.transforms.augment import RandomJitter, RandomMirror, RandomScale, RandomScaleTranslate, RandomTranslate
from zoo.transforms.corruptions import CORRUPTIONS, SEVERITIES, Corrupt
from zoo.transforms.image import ImagePipeline, RandAugment, RandomResizedCrop
from zoo.transforms.normalise import UnitSphere
from zoo.transforms.rotate import RandomRotateGravity, RandomRotateSO3
from zoo.transforms.sampling import FPSSubsample, RandomDrop, RandomSubsample

__all__ = [
    'CORRUPTIONS',
    'SEVERITIES',
    'Corrupt',
    'FPSSubsample',
    'ImagePipeline',
    'RandAugment',
    'RandomDrop',
    'RandomJitter',
    'RandomMirror',
    'RandomResizedCrop',
    'RandomRotateGravity',
    'RandomRotateSO3',
    'RandomScale',
    'RandomScaleTranslate',
    'RandomSubsample',
    'RandomTranslate',
    'UnitSphere',
]
