"""Learned tokenizers of point groups: their networks, their files, and the local teachers they become."""

from __future__ import annotations

from zoo.teachers.tokenizers.cross_modal import CrossModalVAE
from zoo.teachers.tokenizers.foundation import LanguageTransformer, RandomTransformer, TimmTransformer
from zoo.teachers.tokenizers.teacher import CrossModalTokenizer, DVAETokenizer, PointTokenizer
from zoo.teachers.tokenizers.vae import DiscreteVAE, Reconstruction, gumbel_softmax

__all__ = [
    'CrossModalTokenizer',
    'CrossModalVAE',
    'DVAETokenizer',
    'DiscreteVAE',
    'LanguageTransformer',
    'PointTokenizer',
    'RandomTransformer',
    'Reconstruction',
    'TimmTransformer',
    'gumbel_softmax',
]
