"""All open collections that are there, as one set to pretrain on."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo.compat import data_root
from zoo.datasets.base import ObjectSubset
from zoo.datasets.corpus.collections import COLLECTIONS
from zoo.datasets.corpus.dataset import HEAD
from zoo.datasets.corpus.duplicates import repeats
from zoo.datasets.corpus.words import is_letter
from zoo.datasets.prepared import MappedPack
from zoo.datasets.sweethome3d.licences import write_attribution
from zoo.datasets.union import ObjectUnion
from zoo.errors import UsageError
from zoo.registry import DATASETS

SPLITS = ('train', 'test', 'all')
HELD_OUT = 20
"""One in so many objects is the test split."""

FLAT = 0.01
"""Thinner than this share of its length an object is a sheet, of which points and pictures tell little."""

MEMBERS = (*COLLECTIONS, 'sweethome3d')
"""Packs that are looked for, in this order: of two equal objects the first is kept."""


@DATASETS.register_module()
class Commons(ObjectSubset):
    """The union of the packs of open collections: one of each near-duplicate, no sheets, no letters.

    ``tools/data.py prepare commons`` makes the packs of what is there and then this one. An object is in the test split
    by the hash of the id that its source gives it, so that the split stays when collections are added.

    Attributes:
        left_out: How many objects were left out, by the reason.
        copies: Pairs of ids: an object that was left out, and the one that it repeats.

    Args:
        packs: Folders of prepared packs; those of ``MEMBERS`` in ``packs`` of the data root by default.
        split: 'train', 'test' or 'all'.
        num_points: Number of points of every object.
        images: Whether batches carry one picture of every object.
        texts: Texts in batches, see ``ObjectDataset``.
        image_pipeline: Configs of image transforms, see ``ObjectDataset``.

    Raises:
        UsageError: There is no pack, or an option makes no sense.
    """

    def __init__(
        self,
        packs: Sequence[str | Path] | None = None,
        split: str = 'all',
        *,
        num_points: int = 1024,
        images: bool = False,
        texts: bool | str = False,
        image_pipeline: list[dict[str, Any]] | None = None,
    ) -> None:
        if split not in SPLITS:
            raise UsageError(f'Commons has no split {split!r}: choose from {", ".join(SPLITS)}')
        members = [MappedPack(path, 'all', images=images) for path in (present() if packs is None else packs)]
        if not members:
            raise UsageError(
                f'commons unites the packs of open collections, and none is in {data_root() / "packs"}: run '
                f'tools/data.py prepare NAME --from FILE for one or more of {", ".join(MEMBERS)}'
            )
        how: dict[str, Any] = {'images': images, 'texts': texts, 'image_pipeline': image_pipeline}
        union = ObjectUnion(members, num_points=num_points, **how)
        self._infos = [_info(member, index) for member in members for index in range(len(member))]
        reasons, self.copies = _judged(self._infos)
        self.left_out = dict(Counter(filter(None, reasons)))
        for member in members:
            for reason, count in member.about.get('left_out', {}).items():
                self.left_out[reason] = self.left_out.get(reason, 0) + count
        self.catalogues = [catalogue for member in members for catalogue in member.about.get('catalogues', [])]
        kept = [index for index, reason in enumerate(reasons) if not reason]
        if split != 'all':
            kept = [index for index in kept if (split_by(self._infos[index]['id']) == split)]
        super().__init__(union, np.array(kept, dtype=np.int64))

    def info(self, index: int) -> dict[str, Any]:
        """Return what is known of one object; see ``MeshCollection``."""
        return dict(self._infos[int(self.indices[index])])

    def write_attribution(self, path: str | Path, indices: Sequence[int] | None = None) -> Path:
        """Write a list of name, creator and licence of every object, with the notices of their collections.

        Args:
            path: The file, Markdown.
            indices: Positions of the objects; all of them by default.
        """
        chosen = range(len(self)) if indices is None else indices
        return write_attribution(path, [self.info(index) for index in chosen], self.catalogues, HEAD)


def present(root: Path | None = None) -> list[Path]:
    """Return the packs that are there, in the data root or another folder."""
    base = data_root() if root is None else root
    return [base / 'packs' / name for name in MEMBERS if (base / 'packs' / name / 'meta.json').is_file()]


def split_by(name: str) -> str:
    """Return the split of an object by the id of its source."""
    return 'train' if int(hashlib.sha256(name.encode()).hexdigest(), 16) % HELD_OUT else 'test'


def _info(member: MappedPack, index: int) -> dict[str, Any]:
    """Return what is known of an object; furniture has its catalogue where others have their source."""
    info = member.info(index)
    return {**info, 'source': info['source'] if info.get('source') in COLLECTIONS else 'sweethome3d'}


def _judged(infos: Sequence[dict[str, Any]]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return why each object is left out, empty where it is kept, and the pairs of equal ones."""
    reasons = ['' for _ in infos]
    for place, info in enumerate(infos):
        if info.get('thinness', 1.0) < FLAT:
            reasons[place] = 'flat'
        elif is_letter(str(info['name'])):
            reasons[place] = 'letter'
    left = [place for place, reason in enumerate(reasons) if not reason]
    pairs = []
    for copy, first in repeats([infos[place].get('signature', ()) for place in left]).items():
        reasons[left[copy]] = 'same geometry'
        pairs.append((str(infos[left[copy]]['id']), str(infos[left[first]]['id'])))
    return reasons, pairs
