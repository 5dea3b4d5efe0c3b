"""What every dataset of objects shares: from a storage of clouds, views and captions to ready batches."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from zoo.datasets.captions import readable
from zoo.datasets.coordinates import recentered
from zoo.errors import UsageError
from zoo.registry import DATASETS, FUNCTIONS, TRANSFORMS

Batch = dict[str, Any]
Lookup = Callable[[np.ndarray], Tensor]

TEXTS = ('class name', 'caption', 'name and category')
"""What may be read of an object."""

MODALITIES = ('image', 'text')
"""What a precomputed feature can stand in for."""


class ObjectDataset(Dataset[Batch]):
    """Objects that have a point cloud each, and possibly views, a caption, a class and part labels.

    A subclass says how its storage is read (``points``, ``image``, ``caption``, ``part`` for one object; the
    ``gather_*`` methods where many at once are cheaper). This class makes batches of it: ``__getitems__`` returns a
    whole batch, which torch's ``DataLoader`` asks for by itself, so that nothing is stacked twice.

    All randomness (the view that is drawn, the image augmentation) comes from torch's global generator: the same
    ``torch.manual_seed`` gives the same batch.

    Attributes:
        classes: Class names; a label is an index into it. Empty when the objects have no class.
        labels: int64, shape ``(S,)``; -1 where an object has no class.
        fingerprint: Hex digest of the content; equal digests mean equal data.
        num_views: Stored views of every object, 0 when there are none.
        parts: Names, or numbers, of the parts of every class; empty when the storage has no parts.
        made_when_read: Whether objects are made when they are read and kept nowhere, so that nobody goes through all of
            them beforehand: no feature bank, nothing held on the device.

    Args:
        images: Whether batches carry one view of every object, drawn at random.
        texts: Texts about every object in batches: True for what the storage has to say of it, or one of ``TEXTS``.
        image_pipeline: Configs of image transforms (see ``zoo.transforms.image``), applied to every view. None scales
            to [0, 1] and nothing else.
    """

    classes: tuple[str, ...] = ()
    labels: np.ndarray
    fingerprint: str
    num_views: int = 0
    parts: Mapping[str, Sequence[Any]] = {}
    made_when_read: bool = False

    def __init__(
        self, *, images: bool = False, texts: bool | str = False, image_pipeline: list[dict[str, Any]] | None = None
    ) -> None:
        if isinstance(texts, str) and texts not in TEXTS:
            raise UsageError(f'texts={texts!r} is nothing that is known of an object: choose {", ".join(TEXTS)}')
        self.images = images
        self.texts = texts
        self.image_pipeline = image_pipeline
        self._transform: Callable[[np.ndarray], Tensor] | None = None
        self._features: dict[str, Lookup] = {}

    # --- the storage, implemented by subclasses -------------------------------------------------------------------

    def points(self, index: int) -> np.ndarray:
        """Return all stored points of one object: float32, shape ``(N, 3)``."""
        raise NotImplementedError

    def image(self, index: int, view: int) -> np.ndarray:
        """Return one stored view: uint8 RGB, shape ``(H, W, 3)``."""
        raise UsageError(f'{type(self).__name__} stores no images: build it with images=False')

    def caption(self, index: int) -> str:
        """Return a text about one object: its class name as words, unless the storage knows more.

        Raises:
            UsageError: The object has no class.
        """
        label = int(self.labels[index])
        if label < 0:
            raise UsageError(f'{self.source(index)} has neither caption nor class: build the dataset with texts=False')
        return readable(self.classes[label])

    @property
    def own_text(self) -> str:
        """Which of ``TEXTS`` a caption is: that of the storage, or the name of the class."""
        return 'class name' if type(self).caption is ObjectDataset.caption else 'caption'

    @property
    def text_read(self) -> str:
        """Which of ``TEXTS`` batches carry; empty where they carry none."""
        return self.texts if isinstance(self.texts, str) else self.own_text if self.texts else ''

    def text(self, index: int) -> str:
        """Return the text about one object that batches carry.

        Raises:
            UsageError: It has no class, or its source no name and category.
        """
        if self.texts == 'class name':
            return ObjectDataset.caption(self, index)
        if self.texts == 'name and category':
            info = self.info(index)
            if 'name' not in info or 'category' not in info:
                raise UsageError(f'{self.source(index)} has no name and category: choose another of {", ".join(TEXTS)}')
            return f'{info["name"]}, {info["category"]}' if info['category'] not in info['name'] else str(info['name'])
        return self.caption(index)

    def part(self, index: int) -> np.ndarray | None:
        """Return the part of every point, int64, shape ``(N,)``; None when the storage has no parts."""
        return None

    def normals(self, index: int) -> np.ndarray | None:
        """Return the unit normals at the points, float32, shape ``(N, 3)``; None when the storage has none."""
        return None

    def source(self, index: int) -> str:
        """Return what messages call an object: the file it came from, where it has one of its own."""
        return f'{type(self).__name__} object {index}'

    def info(self, index: int) -> dict[str, Any]:
        """Return what else is known of an object (id, tags, licence, creator, ...), as JSON can hold it."""
        return {}

    def gather_points(self, indices: np.ndarray) -> np.ndarray:
        """Return the clouds of many objects, shape ``(B, N, 3)``, of any float type."""
        clouds = _stack([self.points(int(index)) for index in indices], f'{type(self).__name__}: clouds')
        # Readers of this project give float32; the cast of others must not cost them their shape.
        return recentered(clouds, f'{type(self).__name__}: clouds') if clouds.dtype == np.float64 else clouds

    def gather_images(self, indices: np.ndarray, views: np.ndarray) -> Sequence[np.ndarray] | np.ndarray:
        """Return one view of each of many objects: B arrays uint8 ``(H, W, 3)``."""
        return [self.image(int(index), int(view)) for index, view in zip(indices, views, strict=True)]

    def gather_parts(self, indices: np.ndarray) -> np.ndarray | None:
        """Return the part labels of many objects, shape ``(B, N)``, or None."""
        parts = [part for index in indices if (part := self.part(int(index))) is not None]
        return np.stack(parts) if parts else None

    # --- what the base gives ---------------------------------------------------------------------------------------

    @property
    def metainfo(self) -> dict[str, Any]:
        """What mmengine hands on to metrics: classes and fingerprint."""
        return {'classes': self.classes, 'fingerprint': self.fingerprint}

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> Batch:
        """Return one sample: the batch of one, without its first axis."""
        if not -len(self) <= index < len(self):
            raise IndexError(f'index {index} is out of range for {len(self)} objects')
        return {key: value[0] for key, value in self.__getitems__([index % len(self)]).items()}

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """Return the batch of many objects.

        Args:
            indices: B positions in the dataset.

        Returns:
            ``points (B, N, 3)`` float32, ``index (B,)``, and where they exist ``label (B,)``, ``part (B, N)`` (int64),
            ``image (B, 3, H, W)`` float32 in [0, 1] or ``image_feature (B, C)``, ``text`` (list) or
            ``text_feature (B, C)``.
        """
        where = np.asarray(indices, dtype=np.int64)
        batch: Batch = {'points': torch.from_numpy(self.gather_points(where)).float(), 'index': torch.from_numpy(where)}
        if self.classes:
            batch['label'] = torch.from_numpy(self.labels[where])
        parts = self.gather_parts(where)
        if parts is not None:
            batch['part'] = torch.from_numpy(parts).long()
        for name, lookup in self._features.items():
            batch[f'{name}_feature'] = lookup(where)
        if self.images and 'image' not in self._features:
            batch['image'] = self._image_batch(where)
        if self.texts and 'text' not in self._features:
            batch['text'] = [self.text(int(index)) for index in where]
        return batch

    def _image_batch(self, indices: np.ndarray) -> Tensor:
        """Draw a view of every object and prepare it, shape ``(B, 3, H, W)``."""
        if self.num_views < 1:
            raise UsageError(f'{type(self).__name__} stores no images: build it with images=False')
        views = torch.randint(self.num_views, (len(indices),)).numpy()
        pictures = self.gather_images(indices, views)
        if self.image_pipeline is None:
            stacked = _stack(
                pictures, f'{type(self).__name__}: images (an image_pipeline with Resize makes them equal)'
            )
            return torch.from_numpy(stacked).permute(0, 3, 1, 2).contiguous().float().div_(255)
        if self._transform is None:
            self._transform = TRANSFORMS.build({'type': 'ImagePipeline', 'transforms': self.image_pipeline})
        return torch.stack([self._transform(picture) for picture in pictures])

    def attach_feature(self, name: str, lookup: Lookup) -> None:
        """Let batches carry a precomputed feature instead of the modality it was computed from.

        Args:
            name: 'image' or 'text'; batches carry ``<name>_feature`` from now on, and images are not read any more.
            lookup: Function from positions int64 ``(B,)`` to features ``(B, C)``, or ``(B, V, C)`` of several views.

        Raises:
            UsageError: ``name`` is no modality.
        """
        if name not in MODALITIES:
            raise UsageError(f'cannot attach a feature named {name!r}: choose one of {", ".join(MODALITIES)}')
        self._features[name] = lookup

    def subset(self, indices: Sequence[int] | np.ndarray) -> ObjectSubset:
        """Return a view on some of the objects, in the given order. Features attached so far stay attached."""
        return ObjectSubset(self, indices)

    @staticmethod
    def collate(items: Batch | Sequence[Batch]) -> Batch:
        """Make a batch: a ready batch (from ``__getitems__``) is passed through, a list of samples is stacked."""
        if isinstance(items, dict):
            return items
        columns = {key: [item[key] for item in items] for key in items[0]}
        return {key: torch.stack(column) if torch.is_tensor(column[0]) else column for key, column in columns.items()}


@DATASETS.register_module()
class ObjectSubset(ObjectDataset):
    """Some objects of another dataset, in the given order; positions count within the subset.

    Args:
        dataset: The whole set, or its config.
        indices: Positions in it, shape ``(S,)``.

    Raises:
        UsageError: A position lies outside of the dataset.
    """

    def __init__(self, dataset: ObjectDataset | dict[str, Any], indices: Sequence[int] | np.ndarray) -> None:
        parent: ObjectDataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        super().__init__(images=parent.images, texts=parent.texts, image_pipeline=parent.image_pipeline)
        given = np.asarray(indices)
        where = (
            given.astype(np.int64) if given.dtype.kind in 'iu' or not given.size else np.array(-1)
        )  # no masks, no 0.9
        if where.ndim != 1 or (len(where) and not 0 <= where.min() <= where.max() < len(parent)):
            raise UsageError(f'a subset needs a list of positions between 0 and {len(parent) - 1}')
        self.parent, self.indices = parent, where
        self.classes, self.num_views, self.parts = parent.classes, parent.num_views, parent.parts
        self.made_when_read = parent.made_when_read
        self.labels = parent.labels[where]
        self.fingerprint = hashlib.sha256(parent.fingerprint.encode() + where.tobytes()).hexdigest()
        for name, lookup in parent._features.items():
            self.attach_feature(name, _Mapped(lookup, where))

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object, shape ``(N, 3)``."""
        return self.parent.points(int(self.indices[index]))

    def image(self, index: int, view: int) -> np.ndarray:
        """Return one view, uint8 ``(H, W, 3)``."""
        return self.parent.image(int(self.indices[index]), view)

    def caption(self, index: int) -> str:
        """Return the caption of one object."""
        return self.parent.caption(int(self.indices[index]))

    @property
    def own_text(self) -> str:
        """Which text a caption is."""
        return self.parent.own_text

    def text(self, index: int) -> str:
        """Return the text about one object that batches carry."""
        return self.parent.text(int(self.indices[index]))

    def part(self, index: int) -> np.ndarray | None:
        """Return the part of every point, shape ``(N,)``, or None."""
        return self.parent.part(int(self.indices[index]))

    def normals(self, index: int) -> np.ndarray | None:
        """Return the unit normals at the points, shape ``(N, 3)``, or None."""
        return self.parent.normals(int(self.indices[index]))

    def source(self, index: int) -> str:
        """Return what messages call an object."""
        return self.parent.source(int(self.indices[index]))

    def info(self, index: int) -> dict[str, Any]:
        """Return what else is known of an object."""
        return self.parent.info(int(self.indices[index]))

    def gather_points(self, indices: np.ndarray) -> np.ndarray:
        """Return the clouds of many objects, shape ``(B, N, 3)``."""
        return self.parent.gather_points(self.indices[indices])

    def gather_images(self, indices: np.ndarray, views: np.ndarray) -> Sequence[np.ndarray] | np.ndarray:
        """Return one view of each of many objects."""
        return self.parent.gather_images(self.indices[indices], views)

    def gather_parts(self, indices: np.ndarray) -> np.ndarray | None:
        """Return the part labels of many objects, shape ``(B, N)``, or None."""
        return self.parent.gather_parts(self.indices[indices])


@DATASETS.register_module()
class ObjectDraw(ObjectSubset):
    """Objects of another dataset, drawn at random without replacement, in the order of that dataset.

    Args:
        dataset: The whole set, or its config.
        count: Number of objects that are drawn.
        seed: Random seed of the draw; of one seed a larger draw holds every smaller one.

    Raises:
        UsageError: The dataset has fewer objects.
    """

    def __init__(self, dataset: ObjectDataset | dict[str, Any], count: int, seed: int = 0) -> None:
        parent: ObjectDataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        if not 0 < count <= len(parent):
            raise UsageError(f'{count} objects cannot be drawn of {len(parent)}')
        # The raw stream of a bit generator stays the same in all releases of numpy; what is drawn from it may not.
        order = np.argsort(np.random.PCG64(seed).random_raw(len(parent)), kind='stable')
        super().__init__(parent, np.sort(order[:count]))


def _stack(arrays: Sequence[np.ndarray] | np.ndarray, what: str) -> np.ndarray:
    """Stack arrays of one shape, or say which shapes stand in the way."""
    if isinstance(arrays, np.ndarray):
        return arrays
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) > 1:
        raise UsageError(f'{what} of shapes {shapes[0]} and {shapes[-1]} cannot be one batch')
    return np.stack(arrays)


class _Mapped:
    """Looks up features of the parent; a class, so that worker processes can be sent it."""

    def __init__(self, lookup: Lookup, indices: np.ndarray) -> None:
        self.lookup, self.indices = lookup, indices

    def __call__(self, indices: np.ndarray) -> Tensor:
        return self.lookup(self.indices[indices])


FUNCTIONS.register_module(name='zoo_collate', module=ObjectDataset.collate)
