"""What was predicted for every object."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from benchmarks.records.keys import LENGTH


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
            target: integers (S,).
            predicted: integers (S,).
            index: integers (S,); 0 to S - 1 by default.
            score: numbers (S,); 1 where the class is right and 0 elsewhere by default.

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
        return hashlib.sha256(self.index.tobytes() + self.target.tobytes()).hexdigest()[:LENGTH]

    @property
    def accuracy(self) -> float:
        """Share of right classes in percent."""
        return 100.0 * float((self.target == self.predicted).mean())


class PredictionLists(BaseModel):
    """Predictions as a results file has them; what the others imply is left out.

    Attributes:
        target: true classes.
        predicted: predicted classes.
        index: positions; None for 0 to S - 1.
        score: figures of the objects; None for 1 where the class is right and 0 elsewhere.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra='forbid', allow_inf_nan=False)

    target: list[int]
    predicted: list[int]
    index: list[int] | None = None
    score: list[float] | None = None

    @classmethod
    def pack(cls, given: Predictions) -> PredictionLists:
        """Lists of predictions."""
        right = given.target == given.predicted
        return cls(
            target=given.target.tolist(),
            predicted=given.predicted.tolist(),
            index=None if (given.index == np.arange(len(given))).all() else given.index.tolist(),
            # Nine digits name a float32.
            score=None if (given.score == right).all() else [float(f'{value:.9g}') for value in given.score],
        )

    def unpack(self) -> Predictions:
        """The predictions.

        Raises:
            ValueError: the lists are none, as of :meth:`Predictions.of`.
        """
        return Predictions.of(self.target, self.predicted, index=self.index, score=self.score)
