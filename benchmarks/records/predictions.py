"""What was predicted for every object, in a file beside the record, named by its content."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.records.keys import LENGTH
from zoo.arrays import load_npz
from zoo.errors import UsageError
from zoo.io import write_whole

ARRAYS = ('index', 'target', 'predicted', 'score')


@dataclass(frozen=True, eq=False)
class Predictions:
    """Per-object results of one evaluation, in the order in which they were measured.

    Two evaluations can be compared in pairs when their ``objects`` are equal.

    Attributes:
        index: (S,) position of every object in its data set.
        target: (S,) true classes.
        predicted: (S,) predicted classes.
        score: (S,) figure of every object in [0, 1]: 1 where the class is right unless given, such as an IoU.
    """

    index: NDArray[np.int32]
    target: NDArray[np.int32]
    predicted: NDArray[np.int32]
    score: NDArray[np.float32]

    @classmethod
    def of(cls, target: Any, predicted: Any, *, index: Any = None, score: Any = None) -> Predictions:
        """Predictions from anything array-like.

        Args:
            target: (S,) integers.
            predicted: (S,) integers.
            index: (S,) integers; 0 to S - 1 by default.
            score: (S,) numbers; 1 where the class is right and 0 elsewhere by default.

        Raises:
            ValueError: shapes that differ, no objects, repeated positions, or a score that is no number in [0, 1].
        """
        truth, guess = np.asarray(target), np.asarray(predicted)
        places = np.arange(truth.size) if index is None else np.asarray(index)
        scores = np.asarray(truth == guess if score is None else score, dtype=np.float32)
        if truth.ndim != 1 or not truth.size or not truth.shape == guess.shape == places.shape == scores.shape:
            shapes = ', '.join(str(array.shape) for array in (truth, guess, places, scores))
            raise ValueError(f'targets, predictions, positions and scores need one shape (S,), S > 0; got {shapes}')
        if np.unique(places).size != places.size:
            raise ValueError('an object is there twice: positions must differ')
        if not ((scores >= 0) & (scores <= 1)).all():
            raise ValueError('scores must be numbers between 0 and 1')
        return cls(places.astype(np.int32), truth.astype(np.int32), guess.astype(np.int32), scores)

    def __len__(self) -> int:
        return int(self.target.size)

    @cached_property
    def objects(self) -> str:
        """Digest of which objects these are; the fingerprint of the data set is compared apart."""
        return _digest({'index': self.index, 'target': self.target})

    @cached_property
    def sha256(self) -> str:
        """Digest of the content, and name of the file; cut to the length of a key."""
        return _digest({name: getattr(self, name) for name in ARRAYS})

    @property
    def accuracy(self) -> float:
        """Share of right classes in percent."""
        return 100.0 * float((self.target == self.predicted).mean())

    def save(self, folder: Path) -> str:
        """Write ``HASH.npz`` unless it is there and whole, and return the hash."""
        path = folder / f'{self.sha256}.npz'
        try:
            read_predictions(path)
        except UsageError:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, **{name: getattr(self, name) for name in ARRAYS})  # type: ignore[arg-type]
            write_whole(path, buffer.getvalue())
        return self.sha256


def read_predictions(path: Path) -> Predictions:
    """Read a side file and check it against its name.

    Raises:
        UsageError: the file is missing, broken, or not what its name says.
    """
    way_out = 'the command that measured it measures it again'
    try:
        with load_npz(path) as archive:
            found = Predictions(**{name: archive[name] for name in ARRAYS})
    except Exception as error:  # whatever a broken archive makes of zipfile, zlib and numpy
        raise UsageError(f'predictions {path} cannot be read: {error}; {way_out}') from error
    if found.sha256 != path.stem:
        raise UsageError(f'predictions {path} are not those of the record, their hash is {found.sha256}; {way_out}')
    return found


def _digest(arrays: dict[str, NDArray[Any]]) -> str:
    """Digest of the values, whatever the file format makes of them."""
    total = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder('<'))
        total.update(f'{name} {little.dtype.str} {little.shape} '.encode() + little.tobytes())
    return total.hexdigest()[:LENGTH]
