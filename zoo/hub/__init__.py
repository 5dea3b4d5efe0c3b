"""Models by name, configs and checkpoints."""

from __future__ import annotations

from zoo.hub.backbones import backbone_config, downstream_backbone
from zoo.hub.factory import get_model
from zoo.hub.index import list_models
from zoo.hub.inferencer import Inferencer, Prediction
from zoo.hub.names import parse_name
from zoo.hub.official import load_official
from zoo.hub.weights import load_weights, resolve_weights

__all__ = [
    'Inferencer',
    'Prediction',
    'backbone_config',
    'downstream_backbone',
    'get_model',
    'list_models',
    'load_official',
    'load_weights',
    'parse_name',
    'resolve_weights',
]
