"""Encoders that are made of models of others, or of released weights."""

from __future__ import annotations

import importlib
from typing import Any

import torch
from torch import Tensor, nn

import zoo
from zoo.errors import UsageError


def released(name: str, pool: str = 'svm') -> nn.Module:
    """A model of the index with its published weights.

    Args:
        name: name in ``zoo.list_models()``, such as ``recon-nano_procedural``.
        pool: pooling of its tokens, ``svm`` or ``cls``.

    Raises:
        UsageError: there is no such model, or it has no weights.
    """
    return zoo.get_model(name, pretrained=True, features_only=True, pool=pool)


def torch_pointcloud(name: str, pretrained: bool = False, **options: Any) -> nn.Module:
    """A classification model of the package ``torch-pointcloud`` without its head.

    Args:
        name: name that ``torch_pointcloud.create_model`` takes, such as ``pointnet.modelnet40``.
        pretrained: whether its published weights are downloaded.
        options: further arguments of ``create_model``.

    Raises:
        UsageError: the package is not installed, has no such model, or lacks what the model needs.
    """
    try:
        package = importlib.import_module('torch_pointcloud')
    except ImportError as error:
        raise UsageError('torch-pointcloud is not installed: pip install "recon-zoo[torch-pointcloud]"') from error
    try:
        model = package.create_model(name, task='classification', pretrained=pretrained, **options)
        model.reset_classifier(0)
        return _Packed(model.eval())
    except (ImportError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise UsageError(f'torch-pointcloud, {name}: {" ".join(str(error).split())[:300]}') from error


class _Packed(nn.Module):
    """Lays the clouds of a batch behind each other, as the package takes them.

    Models differ in what they want beside the places of points: nothing, the places again, or with the height.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.columns = model, 0
        cloud = torch.linspace(-1, 1, 3072).sin().view(1, 1024, 3)
        errors = []
        for columns in (0, 3, 4):
            self.columns = columns
            try:
                with torch.inference_mode():
                    self(cloud)
                return
            except (RuntimeError, ValueError, TypeError, AttributeError) as error:
                errors.append(error)
        raise errors[0]

    def forward(self, points: Tensor) -> Tensor:
        """Features (B, F) of clouds (B, N, 3)."""
        flat = points.reshape(-1, 3)
        height = flat[:, 1:2] - points[..., 1].amin(1).repeat_interleave(points.shape[1])[:, None]
        own = {0: None, 3: flat, 4: torch.cat([flat, height], 1)}[self.columns]
        place = torch.arange(len(points), device=points.device).repeat_interleave(points.shape[1])
        features: Tensor = self.model(own, flat, place)
        return features
