"""Features of a frozen teacher, computed once and kept on disk."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from zoo.compat import expand, zoo_home
from zoo.errors import UsageError
from zoo.teachers.bank_plan import ObjectSource, Plan, make_plan
from zoo.teachers.bank_store import BankStore, make_key
from zoo.teachers.base import Teacher

PART = 256
"""Inputs in a part: what a killed process loses at most."""


class FeatureBank:
    """Features of every sample of a dataset, V variants each (views of an image, prompts of a text).

    ``bank.lookup`` is what ``ObjectDataset.attach_feature`` takes. Equal texts share their features.

    Attributes:
        features: float16, shape ``(U, V, C)``, for U different units.
        rows: Unit of every sample, int64, shape ``(S,)``.
        mean: float32, shape ``(C,)``: mean of a channel over samples and variants.
        std: float32, shape ``(C,)``: its standard deviation.
        key: SHA-256 of everything the features depend on.
        standardize: Whether ``lookup`` returns channels of mean 0 and deviation 1. A channel that hardly varies (less
            than a thousandth of the average deviation) is only shifted and scaled to that bound, not blown up.
    """

    def __init__(
        self, features: Tensor, rows: Tensor, mean: Tensor, std: Tensor, *, key: str = '', standardize: bool = False
    ) -> None:
        self.features, self.rows, self.mean, self.std = features, rows, mean, std
        self.key, self.standardize = key, standardize
        self._scale = std.clamp_min(max(1e-3 * float(std.mean()), torch.finfo(torch.float32).tiny))

    @classmethod
    def build(
        cls,
        teacher: Teacher,
        dataset: ObjectSource,
        *,
        views: int = 1,
        prompts: int | Sequence[str] | None = None,
        cache_dir: str | Path | None = None,
        batch_size: int = 64,
        device: str | torch.device = 'cpu',
        progress: bool = True,
        seed: int = 0,
        standardize: bool = False,
    ) -> FeatureBank:
        """Compute the features, or read them when they have been computed before.

        The file is found by the hash of the teacher's fingerprint, the dataset's, the image pipeline, ``views``,
        ``prompts`` and ``seed``, so that a stale one is never used. A build that was killed goes on where it stopped.
        The global random generators are left as they were.

        Args:
            teacher: Frozen, of modality image or text.
            dataset: Whose samples the teacher reads.
            views: Image teachers: views of every sample, each through the dataset's image pipeline.
            prompts: Text teachers: templates with one ``{}`` for the caption, or how many of ``PROMPTS``; None takes
                the caption alone.
            cache_dir: Folder of the files; None takes ``features`` in the cache root.
            batch_size: Inputs that go through the teacher at once.
            device: Device of the teacher meanwhile; it is brought back afterwards.
            progress: Show a bar with rate and time left.
            seed: Seed of views and augmentation.
            standardize: Whether to standardize, see the class.

        Raises:
            UsageError: The teacher is trained, the dataset lacks what it reads, or weights are missing.
        """
        if not teacher.frozen:
            raise UsageError(f'{type(teacher).__name__} is trained (frozen=False): its features cannot be stored')
        plan = make_plan(teacher.modality, dataset, views, prompts, seed)
        key = make_key({'teacher': teacher.fingerprint, **plan.description})
        folder = zoo_home() / 'features' if cache_dir is None else expand(cache_dir)
        store = BankStore(folder, type(teacher).__name__, key)
        tensors = store.read()
        if tensors is None:
            with store.lock():
                tensors = store.read()  # whoever held the lock before may have done the work
                if tensors is None:
                    features = _compute_on(torch.device(device), teacher, plan, store, batch_size, progress)
                    mean, std = moments(features, plan.rows)
                    tensors = {'features': features, 'rows': plan.rows, 'mean': mean, 'std': std}
                    store.finish(tensors)
        return cls(**tensors, key=key, standardize=standardize)

    def __len__(self) -> int:
        return len(self.rows)

    def to(self, device: str | torch.device) -> FeatureBank:
        """Return the same features on a device."""
        twin = copy.copy(self)
        for name in ('features', 'rows', 'mean', 'std', '_scale'):
            setattr(twin, name, getattr(self, name).to(device))
        return twin

    @property
    def num_variants(self) -> int:
        """V, the variants of every sample."""
        return self.features.shape[1]

    @property
    def embed_dim(self) -> int:
        """C, the channels of a feature."""
        return self.features.shape[2]

    def lookup(self, index: np.ndarray | Tensor) -> Tensor:
        """Return one variant of each of many samples, drawn with torch's global generator where there are several.

        Args:
            index: Positions in the dataset, shape ``(B,)``.

        Returns:
            float32, shape ``(B, C)``.
        """
        places = torch.as_tensor(index, dtype=torch.int64)
        # A single one is not drawn, so that batches need not be read sample by sample.
        drawn = torch.randint(self.num_variants, places.shape) if self.num_variants > 1 else None
        return self.variant(places, drawn)

    def variant(self, index: Tensor, variants: Tensor | None = None) -> Tensor:
        """Return given variants (B,) of samples (B,), or the first, float32, shape ``(B, C)``."""
        rows = self.rows[index]
        features = self.features[rows, torch.zeros_like(rows) if variants is None else variants].float()
        return (features - self.mean) / self._scale if self.standardize else features

    def lookup_all(self, index: np.ndarray | Tensor) -> Tensor:
        """Return every variant of each of many samples.

        Args:
            index: Positions in the dataset, shape ``(B,)``.

        Returns:
            float32, shape ``(B, V, C)``.
        """
        features = self.features[self.rows[torch.as_tensor(index, dtype=torch.int64)]].float()
        return (features - self.mean) / self._scale if self.standardize else features


def moments(features: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation ``(C,)`` over samples and variants, summed in float64.

    Args:
        features: Shape ``(U, V, C)``.
        rows: Unit of every sample, shape ``(S,)``; a unit counts as often as samples have it.
    """
    counts = torch.bincount(rows, minlength=len(features)).double()
    total, squares = torch.zeros(2, features.shape[2], dtype=torch.float64)
    for block, weight in zip(features.split(1024), counts.split(1024), strict=True):
        values = block.double()
        total += weight @ values.sum(1)
        squares += weight @ values.square().sum(1)
    number = len(rows) * features.shape[1]
    mean = total / number
    return mean.float(), (squares / number - mean.square()).clamp_min(0).sqrt().float()


def _compute_on(
    device: torch.device, teacher: Teacher, plan: Plan, store: BankStore, batch_size: int, progress: bool
) -> Tensor:
    """Compute all features on a device and leave the teacher as it was found, ``(U, V, C)``."""
    before, loaded = teacher.device, teacher.loaded
    teacher.to(device)
    try:
        return _compute(teacher, plan, store, batch_size, progress)
    finally:
        if not loaded:
            teacher.release()
        teacher.to(before)


def _compute(teacher: Teacher, plan: Plan, store: BankStore, batch_size: int, progress: bool) -> Tensor:
    """Take finished parts from the store, compute the others, and put all together, ``(U, V, C)``."""
    number = (int(plan.rows.max()) + 1) * plan.variants
    features = torch.empty(number, teacher.embed_dim, dtype=torch.float16)
    open_parts = []
    for start in range(0, number, PART):
        stop = min(start + PART, number)
        part = store.read_part(start, stop)
        if part is None:
            open_parts.append((start, stop))
        else:
            features[start:stop] = part
    done = number - sum(stop - start for start, stop in open_parts)
    title = f'{type(teacher).__name__} features'
    with tqdm(total=number, initial=done, desc=title, unit=plan.unit, disable=not progress) as bar:
        for start, stop in open_parts:
            for first in range(start, stop, batch_size):
                last = min(first + batch_size, stop)
                with torch.random.fork_rng(devices=[]):
                    found = teacher(plan.inputs(range(first, last))).to('cpu', torch.float16)
                if not torch.isfinite(found).all():
                    kind = type(teacher).__name__
                    raise UsageError(f'{kind} gives features that float16 cannot hold: do not store them')
                features[first:last] = found
                bar.update(last - first)
            store.write_part(start, stop, features[start:stop])
    return features.view(-1, plan.variants, teacher.embed_dim)
