"""Random scales, shifts, noise and reflections, for every object of a batch on its own.

Every transform maps a batch dict to a batch dict and leaves its input as it was. Random numbers come from the generator
of the device where the batch is: nothing is waited for, and a seed gives the same batch on equal devices. Normals
follow: they turn with a reflection, lean the other way when axes are stretched by different factors, and stay as they
are under a shift or noise.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from zoo.errors import UsageError
from zoo.registry import TRANSFORMS
from zoo.transforms.batch import Batch, stretched

AXES = 'xyz'


@TRANSFORMS.register_module()
class RandomScale:
    """Scales every cloud by a factor of its own.

    Args:
        scale: Range of the factors, uniform.
        per_axis: Whether every axis has a factor of its own.

    Raises:
        UsageError: The range is empty or not positive.
    """

    def __init__(self, scale: tuple[float, float] = (2 / 3, 3 / 2), *, per_axis: bool = False) -> None:
        if not 0 < scale[0] <= scale[1]:
            raise UsageError(f'RandomScale: impossible range scale={tuple(scale)}')
        self.scale, self.per_axis = scale, per_axis

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape; ``normals`` follow."""
        low, high = self.scale
        points = batch['points']
        draw = torch.rand(len(points), 1, 3 if self.per_axis else 1, device=points.device)
        return stretched(batch, low + (high - low) * draw)


@TRANSFORMS.register_module()
class RandomTranslate:
    """Shifts every cloud by a vector of its own.

    Args:
        translate: Largest shift along an axis in units of the cloud, uniform in both directions.

    Raises:
        UsageError: The shift is negative.
    """

    def __init__(self, translate: float = 0.2) -> None:
        if translate < 0:
            raise UsageError(f'RandomTranslate: translate must not be negative, got {translate}')
        self.translate = translate

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape."""
        points = batch['points']
        shift = self.translate * (2 * torch.rand(len(points), 1, 3, device=points.device) - 1)
        return {**batch, 'points': points + shift.to(points.dtype)}


@TRANSFORMS.register_module()
class RandomScaleTranslate:
    """Stretches every axis of every cloud by a factor of its own, then shifts it.

    Args:
        scale: Range of the factors, uniform.
        translate: Largest shift along an axis in units of the cloud, uniform in both directions.

    Raises:
        UsageError: The range is empty or not positive.
    """

    def __init__(self, scale: tuple[float, float] = (2 / 3, 3 / 2), translate: float = 0.2) -> None:
        if not 0 < scale[0] <= scale[1] or translate < 0:
            raise UsageError(f'RandomScaleTranslate: impossible ranges scale={tuple(scale)}, translate={translate}')
        self.scale, self.translate = scale, translate

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape; ``normals`` follow."""
        low, high = self.scale
        draw = torch.rand(len(batch['points']), 2, 3, device=batch['points'].device)
        batch = stretched(batch, low + (high - low) * draw[:, :1])
        shift = self.translate * (2 * draw[:, 1:] - 1)
        return {**batch, 'points': batch['points'] + shift.to(batch['points'].dtype)}


@TRANSFORMS.register_module()
class RandomJitter:
    """Moves every coordinate by normal noise, cut off at a largest move (arXiv 1612.00593).

    Args:
        sigma: Standard deviation before the cut, in units of the cloud.
        clip: Largest move along an axis; what lies beyond is moved by just that much.

    Raises:
        UsageError: A number is negative.
    """

    def __init__(self, sigma: float = 0.01, clip: float = 0.05) -> None:
        if sigma < 0 or clip < 0:
            raise UsageError(f'RandomJitter: impossible noise sigma={sigma}, clip={clip}')
        self.sigma, self.clip = sigma, clip

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape."""
        points = batch['points']
        noise = (self.sigma * torch.randn(points.shape, device=points.device)).clamp(-self.clip, self.clip)
        return {**batch, 'points': points + noise.to(points.dtype)}


@TRANSFORMS.register_module()
class RandomMirror:
    """Reflects every cloud along axes of its own choice.

    Not called ``RandomFlip``: that is mmcv's transform of images, and both live in one registry.

    Args:
        axes: Coordinates that may change sign, independently of each other. ``x`` and ``z`` keep up up.
        probability: Probability of each reflection.

    Raises:
        UsageError: Another axis, or a probability outside of 0 to 1.
    """

    def __init__(self, axes: Sequence[str] = ('x', 'z'), probability: float = 0.5) -> None:
        if not set(axes) <= set(AXES) or not 0 <= probability <= 1:
            raise UsageError(f'RandomMirror: impossible choice axes={tuple(axes)}, probability={probability}')
        self.probabilities = [probability * (axis in axes) for axis in AXES]

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape; ``normals`` follow."""
        points = batch['points']
        draws = torch.rand(len(points), 1, 3, device=points.device).unbind(dim=2)
        flipped = [draw < chance for draw, chance in zip(draws, self.probabilities, strict=True)]
        return stretched(batch, torch.where(torch.stack(flipped, dim=2), -1.0, 1.0))
