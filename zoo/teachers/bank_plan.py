"""What a feature bank computes: the numbered inputs of a teacher, each of which can be made again at any time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from zoo.errors import UsageError
from zoo.registry import TRANSFORMS
from zoo.teachers.prompts import PROMPTS


class ObjectSource(Protocol):
    """What a feature bank needs of a dataset; ``zoo.datasets.ObjectDataset`` has it."""

    fingerprint: str
    num_views: int
    image_pipeline: list[dict[str, Any]] | None

    def __len__(self) -> int:
        """Return the number of samples S."""

    def image(self, index: int, view: int) -> np.ndarray:
        """Return one stored view: uint8 RGB, shape ``(H, W, 3)``."""

    def text(self, index: int) -> str:
        """Return a text about one sample."""


class ImagePlan:
    """Numbered images: V augmented views of every sample. Each depends on the seed, the sample and v alone.

    Every stored view is used once before one is used again, each time with another augmentation.

    Attributes:
        unit: What one input is called in a progress bar.
        variants: V, the inputs per unit; number ``u * V + v`` is variant v of unit u.
        rows: Unit of every sample, int64, shape ``(S,)``.
        description: Everything that the inputs depend on, in types that JSON knows.

    Args:
        dataset: Has images.
        views: V. Without an image pipeline a stored view is always the same, so that more than are stored are not made.
        seed: Seed of the choice of views and of the augmentation.

    Raises:
        UsageError: The dataset has no images, or ``views`` is not positive.
    """

    unit = 'image'

    def __init__(self, dataset: ObjectSource, views: int, seed: int) -> None:
        if dataset.num_views < 1:
            raise UsageError(f'{type(dataset).__name__} stores no images, so an image teacher has nothing to look at')
        if views < 1:
            raise UsageError(f'a feature bank needs at least one view of every sample, got views={views}')
        pipeline = dataset.image_pipeline
        self.dataset, self.seed = dataset, seed
        self.variants = views if pipeline is not None else min(views, dataset.num_views)
        self.rows = torch.arange(len(dataset))
        self.description = {
            'data': dataset.fingerprint,
            'views': self.variants,
            'stored_views': dataset.num_views,
            'pipeline': pipeline,
            'seed': seed,
        }

    @cached_property
    def _transform(self) -> Callable[[np.ndarray], Tensor]:
        """The image pipeline, built when the first image is made."""
        if self.dataset.image_pipeline is None:
            return lambda image: torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))).float().div_(255)
        return TRANSFORMS.build({'type': 'ImagePipeline', 'transforms': self.dataset.image_pipeline})

    def inputs(self, numbers: Sequence[int]) -> Tensor:
        """Return images, float RGB in [0, 1], shape ``(B, 3, H, W)``. Sets torch's global CPU generator."""
        images = [self._image(*divmod(number, self.variants)) for number in numbers]
        shapes = {tuple(image.shape) for image in images}
        if len(shapes) > 1:
            raise UsageError(
                f'images of sizes {sorted(shapes)} cannot be one batch: add a Resize to the image_pipeline'
            )
        return torch.stack(images)

    def _image(self, index: int, variant: int) -> Tensor:
        """Return one image, shape ``(3, H, W)``."""
        cycle, place = divmod(variant, self.dataset.num_views)
        order = torch.Generator().manual_seed(_number(self.seed, 'order', index, cycle))
        view = int(torch.randperm(self.dataset.num_views, generator=order)[place])
        torch.default_generator.manual_seed(_number(self.seed, 'pipeline', index, variant))
        return self._transform(self.dataset.image(index, view))


class TextPlan:
    """Numbered texts: every different caption, once per prompt.

    Args:
        dataset: Has captions.
        prompts: Templates with one ``{}``; a number takes the first of ``PROMPTS``; None the caption as it is.

    Raises:
        UsageError: No such prompts.
    """

    unit = 'text'

    def __init__(self, dataset: ObjectSource, prompts: int | Sequence[str] | None) -> None:
        self.templates = _templates(prompts)
        captions = [dataset.text(index) for index in range(len(dataset))]
        self.captions = sorted(set(captions), key=lambda text: (len(text), text))  # equal lengths need no padding
        places = {caption: place for place, caption in enumerate(self.captions)}
        self.variants = len(self.templates)
        self.rows = torch.tensor([places[caption] for caption in captions], dtype=torch.int64)
        self.description = {
            'data': dataset.fingerprint,
            'captions': hashlib.sha256('\0'.join(captions).encode()).hexdigest(),
            'prompts': list(self.templates),
        }

    def inputs(self, numbers: Sequence[int]) -> list[str]:
        """Return B texts."""
        pairs = (divmod(number, self.variants) for number in numbers)
        return [self.templates[template].format(self.captions[caption]) for caption, template in pairs]


Plan = ImagePlan | TextPlan


def make_plan(modality: str, dataset: ObjectSource, views: int, prompts: int | Sequence[str] | None, seed: int) -> Plan:
    """Return the plan for a modality.

    Raises:
        UsageError: There is nothing to compute.
    """
    if len(dataset) == 0:
        raise UsageError('a feature bank of an empty dataset has nothing to hold')
    if modality == 'image':
        return ImagePlan(dataset, views, seed)
    if modality == 'text':
        return TextPlan(dataset, prompts)
    raise UsageError(f'features of modality {modality!r} are not stored: a feature bank is for image and text teachers')


def _templates(prompts: int | Sequence[str] | None) -> tuple[str, ...]:
    """Return the templates that ``prompts`` stands for."""
    if prompts is None:
        return ('{}',)
    if isinstance(prompts, int):
        if not 1 <= prompts <= len(PROMPTS):
            raise UsageError(f'prompts={prompts}: there are 1 to {len(PROMPTS)} prompts; None takes the captions alone')
        return PROMPTS[:prompts]
    templates = (prompts,) if isinstance(prompts, str) else tuple(prompts)
    for template in templates:
        if template.count('{}') != 1:
            raise UsageError(f'prompt {template!r} must have one {{}} where the caption goes')
    if not templates:
        raise UsageError('prompts is an empty list; None takes the captions alone')
    return templates


def _number(*parts: int | str) -> int:
    """Return a seed that is unrelated for different parts."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:7], 'big')
