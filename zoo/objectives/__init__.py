"""Objectives: what one student output is compared with, and how."""

from __future__ import annotations

from zoo.objectives.align import AlignModality
from zoo.objectives.align_views import AlignViews
from zoo.objectives.base import Objective
from zoo.objectives.contrast import ClassContrast, ViewContrast
from zoo.objectives.masked import MaskedObjective
from zoo.objectives.predict_blocks import ContextMask, PredictBlocks
from zoo.objectives.predict_centers import PredictCenters
from zoo.objectives.predict_layers import PredictLayers
from zoo.objectives.predict_tokens import PredictFeatures, PredictTokens
from zoo.objectives.reconstruct import ReconstructPoints

__all__ = [
    'AlignModality',
    'AlignViews',
    'ClassContrast',
    'ContextMask',
    'MaskedObjective',
    'Objective',
    'PredictBlocks',
    'PredictCenters',
    'PredictFeatures',
    'PredictLayers',
    'PredictTokens',
    'ReconstructPoints',
    'ViewContrast',
]
