"""Eight clouds that never change, and what released weights say of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from zoo.datasets.meshes.sampling import to_unit_sphere
from zoo.io import write_whole

COUNT, POINTS, SEED = 8, 512, 20230205
CLOUDS = 'clouds.safetensors'
LARGEST_DISTANCE = 1e-6
"""Cosine distance up to which two features of the same weights are the same."""


def fixed_clouds() -> Tensor:
    """Points (8, 512, 3) on bent superellipsoids, in the unit sphere."""
    rng = np.random.default_rng(SEED)
    clouds = []
    for _ in range(COUNT):
        directions = rng.standard_normal((POINTS, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        power, axes, bend = rng.uniform(0.3, 1.5), rng.uniform(0.4, 1.0, 3), rng.uniform(-0.6, 0.6)
        points = np.sign(directions) * np.abs(directions) ** power * axes
        points[:, 0] += bend * points[:, 1] ** 2
        clouds.append(to_unit_sphere(points))
    return torch.from_numpy(np.stack(clouds).astype(np.float32))


@torch.inference_mode()
def features_of(model: nn.Module, points: Tensor) -> Tensor:
    """Features (B, F) of clouds (B, N, 3), on the CPU."""
    device = next(model.parameters()).device
    return model.eval()(points.to(device)).float().cpu()


def write_features(path: Path, model: nn.Module) -> None:
    """Keep ``features (8, F)`` of the fixed clouds, and once for all models ``points (8, 512, 3)`` beside them."""
    points = fixed_clouds()
    write_whole(path, save({'features': features_of(model, points).contiguous()}))
    write_whole(path.with_name(CLOUDS), save({'points': points}))


def largest_distance(path: Path, model: nn.Module) -> float:
    """Largest cosine distance between the features that were kept and those of a model now."""
    points = load_file(path.with_name(CLOUDS))['points']
    now, then = features_of(model, points).double(), load_file(path)['features'].double()
    return float((1 - torch.nn.functional.cosine_similarity(now, then)).max())
