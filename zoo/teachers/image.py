"""What image teachers share: any float image in, resized, normalized and laid out for the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from zoo.errors import UsageError
from zoo.teachers.base import Teacher


class ImageTeacher(Teacher):
    """A teacher that reads images. It normalizes; nobody before it does."""

    modality = 'image'

    def prepare(self, images: Any, size: int, mean: Sequence[float], std: Sequence[float]) -> Tensor:
        """Bring images to the device, size and scale of the network.

        The shorter side is scaled to ``size`` (bicubic, antialiased), and the center square is kept.

        Args:
            images: Float RGB in [0, 1], shape ``(B, 3, H, W)``.
            size: Side of the network's input in pixels.
            mean: Means of the three channels.
            std: Standard deviations of the three channels.

        Returns:
            Shape ``(B, 3, size, size)``.

        Raises:
            UsageError: The input is no such tensor.
        """
        _check(images, type(self).__name__)
        images = resize(images.to(self._anchor), size)
        shift, scale = images.new_tensor(mean).view(3, 1, 1), images.new_tensor(std).view(3, 1, 1)
        return (images - shift) / scale


def resize(images: Tensor, size: int) -> Tensor:
    """Scale the shorter side of images ``(B, 3, H, W)`` to ``size`` and cut out the center, ``(B, 3, size, size)``."""
    height, width = images.shape[-2:]
    if min(height, width) != size:
        factor = size / min(height, width)
        target = (max(size, round(height * factor)), max(size, round(width * factor)))
        images = F.interpolate(images, size=target, mode='bicubic', antialias=True).clamp(0, 1)
    top, left = (images.shape[-2] - size) // 2, (images.shape[-1] - size) // 2
    return images[..., top : top + size, left : left + size]


def _check(images: Any, teacher: str) -> None:
    """Refuse what would give features without a meaning."""
    want = f'{teacher} needs a batch of float RGB images in [0, 1], shape (B, 3, H, W)'
    if not isinstance(images, Tensor):
        raise UsageError(f'{want}, got {type(images).__name__}')
    if images.ndim != 4 or images.shape[1] != 3:
        raise UsageError(f'{want}, got shape {tuple(images.shape)}')
    if not images.is_floating_point():
        raise UsageError(f'{want}, got {images.dtype}: divide by 255')
    if images.numel() == 0:
        if 0 in images.shape[1:]:
            raise UsageError(f'{want}, got shape {tuple(images.shape)}')
        return
    low, high = torch.aminmax(images.detach())
    if not (low >= -0.01 and high <= 1.01):  # interpolation may overshoot a little; NaN fails as well
        raise UsageError(f'{want}, got values from {low.item():.3g} to {high.item():.3g}: normalise nowhere else')
