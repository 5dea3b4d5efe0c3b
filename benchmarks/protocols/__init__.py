"""Protocols: how a model is measured."""

from __future__ import annotations

from benchmarks.protocols.features import extract_features
from benchmarks.protocols.finetune import finetune
from benchmarks.protocols.svm import linear_svm, measure_svm

__all__ = ['extract_features', 'finetune', 'linear_svm', 'measure_svm']
