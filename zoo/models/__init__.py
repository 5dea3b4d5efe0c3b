"""Trainable wholes: a backbone with objectives, a head, or a feature pooling."""

from __future__ import annotations

from zoo.models.base import PointModel
from zoo.models.classifier import PointClassifier
from zoo.models.features import FeatureExtractor
from zoo.models.part_segmenter import PartSegmenter
from zoo.models.preprocess import BatchPreprocessor
from zoo.models.pretrainer import Pretrainer
from zoo.models.tokenizer import TokenizerPretrainer
from zoo.models.zero_shot import ZeroShotClassifier

__all__ = [
    'BatchPreprocessor',
    'FeatureExtractor',
    'PartSegmenter',
    'PointClassifier',
    'PointModel',
    'Pretrainer',
    'TokenizerPretrainer',
    'ZeroShotClassifier',
]
