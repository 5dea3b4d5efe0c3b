"""What a masked student makes of the patches that it does not see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zoo import ops
from zoo.errors import UsageError
from zoo.objectives import ReconstructPoints
from zoo.visualize.panels import Panel, Panels
from zoo.visualize.picture import BLUE, GREY, RED, Floats, Picture


@dataclass(frozen=True)
class Reconstruction:
    """Patches of a batch in the place where they lie in the cloud.

    Attributes:
        visible: (B, V, K, 3), what the student saw.
        hidden: (B, M, K, 3), what was masked.
        predicted: (B, M, K, 3), what it put there.
        chamfer: (B,), mean Chamfer-L2 between the two last.
    """

    visible: Tensor
    hidden: Tensor
    predicted: Tensor
    chamfer: Tensor


@torch.inference_mode()
def reconstruct(model: Any, points: Tensor, mask: Tensor | None = None) -> Reconstruction:
    """Let a pretrained student fill in masked patches.

    Args:
        model: a :class:`zoo.models.Pretrainer` in eval mode.
        points: (B, N, 3) on its device.
        mask: bool (B, G), True = masked; drawn as in its pretraining when not given.

    Raises:
        UsageError: the student does not reconstruct points.
    """
    objectives = [
        objective for objective in getattr(model, 'objectives', {}).values() if isinstance(objective, ReconstructPoints)
    ]
    if not objectives:
        raise UsageError('this student reconstructs no points: choose point_mae, recon, multitask or two_tower')
    output = model.encode(points, mask)
    predicted = objectives[0].head(objectives[0].masked_tokens(output)).unflatten(-1, (objectives[0].group_size, 3))
    target = _taken(output.neighborhoods, output.masked)
    apart = ops.chamfer_distance(predicted.flatten(0, 1), target.flatten(0, 1), norm=2, reduction='none')
    hidden, seen = (ops.gather_points(output.centers, chosen) for chosen in (output.masked, output.visible))
    return Reconstruction(
        _taken(output.neighborhoods, output.visible) + seen[:, :, None],
        target + hidden[:, :, None],
        predicted + hidden[:, :, None],
        apart.view(len(points), -1).mean(1),
    )


def reconstruction_panels(model: Any, points: Tensor) -> tuple[Panels, list[float]]:
    """One row an object: the cloud, what was visible, what was predicted (red), and what was masked (blue).

    Args:
        model: a :class:`zoo.models.Pretrainer` in eval mode.
        points: (B, N, 3) on its device.

    Returns:
        The panels, and the mean Chamfer-L2 of the masked patches of every object.

    Raises:
        UsageError: the student does not reconstruct points.
    """
    found = reconstruct(model, points)
    rows = []
    for index, cloud in enumerate(points.cpu().numpy()):
        visible, hidden, predicted = (_flat(part[index]) for part in (found.visible, found.hidden, found.predicted))
        frame = np.concatenate([cloud, visible, predicted])
        grey, red = _plain(len(visible), GREY), _plain(len(predicted), RED)
        rows.append(
            [
                Panel(cloud, _plain(len(cloud), GREY), frame=frame),
                Panel(visible, grey, frame=frame),
                Panel(np.concatenate([visible, predicted]), np.concatenate([grey, red]), frame=frame),
                Panel(
                    np.concatenate([visible, hidden]), np.concatenate([grey, _plain(len(hidden), BLUE)]), frame=frame
                ),
            ]
        )
    return Panels(rows, ['cloud', 'visible', 'predicted', 'truth']), found.chamfer.tolist()


def _taken(neighborhoods: Tensor, chosen: Tensor) -> Tensor:
    """Some patches (B, M, K, 3) of (B, G, K, 3)."""
    return ops.gather_points(neighborhoods.flatten(2), chosen).unflatten(-1, (-1, 3))


def _flat(patches: Tensor) -> Floats:
    """Points of all patches."""
    return patches.reshape(-1, 3).cpu().numpy()


def _plain(number: int, color: tuple[int, int, int]) -> Picture:
    """One color for all points."""
    return np.tile(np.array(color, dtype=np.uint8), (number, 1))
