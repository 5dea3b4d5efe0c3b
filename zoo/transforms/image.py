"""Image pipelines: mmcv's and torchvision's transforms, uint8 RGB in, float in [0, 1] out.

A transform works on a dict whose ``img`` is uint8 RGB, shape ``(H, W, 3)``, as mmcv's do; a pipeline is a list of
configs of them. Nothing here normalises: that is the teacher's business. mmcv and torchvision are imported when a
pipeline is built, not with this module.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zoo.compat import ensure_torchvision
from zoo.errors import UsageError
from zoo.registry import TRANSFORMS

Results = dict[str, Any]


@contextmanager
def seeded_from_torch() -> Iterator[None]:
    """Let python's and numpy's generators follow torch's: they are seeded from one draw, and restored at the end."""
    seed = int(torch.randint(2**31, ()))
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


@TRANSFORMS.register_module()
class ImagePipeline:
    """Runs a list of transforms on one image. Reproducible from torch's global generator alone.

    Args:
        transforms: Configs, in order: those of mmcv (``Resize``, ``RandomFlip``, ``CenterCrop``, …), of this module
            (``RandomResizedCrop``, ``RandAugment``), or registered by the user.

    Raises:
        UsageError: A config names no known transform or does not fit it.
    """

    def __init__(self, transforms: list[dict[str, Any]]) -> None:
        import mmcv.transforms  # noqa: F401  (registers mmcv's transforms in mmengine's registry)

        self.transforms: list[Callable[[Results], Results]] = []
        for config in transforms:
            try:
                self.transforms.append(TRANSFORMS.build(config))
            except (KeyError, TypeError) as error:
                reason = str(error.args[0] if error.args else error).splitlines()[0]
                raise UsageError(f'image transform {config!r} cannot be built: {reason}') from error

    def __call__(self, image: np.ndarray) -> Tensor:
        """Transform one image.

        Args:
            image: uint8 RGB, shape ``(H, W, 3)``.

        Returns:
            float32 RGB in [0, 1], shape ``(3, H', W')``.

        Raises:
            UsageError: A transform left something else than a uint8 image, for example because it normalises.
        """
        results: Results = {'img': image, 'img_shape': image.shape[:2], 'ori_shape': image.shape[:2]}
        with seeded_from_torch():
            for transform in self.transforms:
                results = transform(results)
        image = results['img']
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            names = ', '.join(type(transform).__name__ for transform in self.transforms)
            raise UsageError(
                f'image pipeline ({names}) must end in a uint8 RGB image, got {image.dtype} {image.shape}: '
                'leave scaling and normalisation to the teacher'
            )
        return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))).float().div_(255)


class _Torchvision:
    """Runs a torchvision transform on the image of a results dict; subclasses say which."""

    transform: Callable[[Any], Any]

    def __call__(self, results: Results) -> Results:
        """Transform ``results['img']``, uint8 ``(H, W, 3)``, by way of PIL, which is the fast path for uint8."""
        from PIL import Image

        image = np.asarray(self.transform(Image.fromarray(results['img'])))
        return {**results, 'img': image, 'img_shape': image.shape[:2]}


@TRANSFORMS.register_module()
class RandomResizedCrop(_Torchvision):
    """Cuts out a random rectangle and scales it to a square, with bicubic interpolation.

    Args:
        size: Side of the result in pixels.
        scale: Range of the area of the rectangle, as a share of the image.
        ratio: Range of its aspect ratio.
    """

    def __init__(
        self,
        size: int = 224,
        scale: tuple[float, float] = (0.64, 1.0),
        ratio: tuple[float, float] = (3 / 4, 4 / 3),
    ) -> None:
        ensure_torchvision()
        from torchvision.transforms import InterpolationMode, RandomResizedCrop

        self.transform = RandomResizedCrop(size, scale, ratio, interpolation=InterpolationMode.BICUBIC)


@TRANSFORMS.register_module()
class RandAugment(_Torchvision):
    """Applies random color and shape changes (RandAugment, arXiv 1909.13719), torchvision's implementation.

    The reference uses FixMatch's variant instead: each change with probability one half, at a random strength up to
    ``m`` of 10, and a 16-pixel hole at the end. Here ``m`` counts in 31 bins, as in the paper.

    Args:
        n: Number of changes per image.
        m: Strength, a bin between 0 and 30.
    """

    def __init__(self, n: int = 2, m: int = 10) -> None:
        ensure_torchvision()
        from torchvision.transforms import RandAugment

        self.transform = RandAugment(num_ops=n, magnitude=m)
