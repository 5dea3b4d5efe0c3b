"""Few-shot episodes from the labels of any two datasets, in the manner of those published for ModelNet40."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo.datasets.base import ObjectDataset, ObjectSubset
from zoo.errors import UsageError
from zoo.registry import DATASETS


@DATASETS.register_module()
class EpisodeDataset(ObjectSubset):
    """Some objects of some classes of another dataset, with labels from 0 to ``ways - 1``.

    Args:
        dataset: The whole set, or its config.
        indices: Positions in it, shape ``(S,)``, of objects of these classes.
        classes: The label in the whole set of every new label.

    Raises:
        UsageError: A position or a class is not in the dataset, or an object is of another class.
    """

    def __init__(
        self,
        dataset: ObjectDataset | dict[str, Any],
        indices: Sequence[int] | np.ndarray,
        classes: Sequence[int],
    ) -> None:
        super().__init__(dataset, indices)
        if not all(0 <= label < len(self.parent.classes) for label in classes):
            raise UsageError(f'an episode of the classes {tuple(classes)} needs a dataset that has these classes')
        self.classes = tuple(self.parent.classes[label] for label in classes)
        matches = self.labels[:, None] == np.asarray(classes)
        if not (matches.sum(axis=1) == 1).all():
            raise UsageError(f'labels of an episode must be among its classes {tuple(classes)}, each once')
        self.labels = matches.argmax(axis=1).astype(np.int64)
        self.fingerprint = hashlib.sha256(f'{self.fingerprint} episode {tuple(map(int, classes))}'.encode()).hexdigest()


@dataclass(frozen=True)
class Episode:
    """A classification problem with few examples.

    Attributes:
        train_indices: Positions of the support in the training set, int64 ``(ways * shots,)``, class by class.
        test_indices: Positions of the queries in the test set, int64 ``(ways * queries,)``, class by class.
        classes: The label in the whole set of every new label.
    """

    train_indices: np.ndarray
    test_indices: np.ndarray
    classes: tuple[int, ...]

    def datasets(self, train: ObjectDataset, test: ObjectDataset) -> tuple[EpisodeDataset, EpisodeDataset]:
        """Return the support and the queries as datasets with the labels of the episode.

        Args:
            train: The set that the training labels were of.
            test: The set that the test labels were of.
        """
        return EpisodeDataset(train, self.train_indices, self.classes), EpisodeDataset(
            test, self.test_indices, self.classes
        )


def few_shot_episodes(
    train_labels: np.ndarray,
    test_labels: np.ndarray,
    ways: int,
    shots: int,
    queries: int = 20,
    folds: int = 10,
    seed: int = 0,
) -> list[Episode]:
    """Draw episodes: the support from the training set, the queries from the test set.

    Classes, and the objects of a class, are drawn without replacement, all alike. Classes with too few objects are not
    drawn, and neither are objects without a class (-1). Fold k follows from the seed and k alone, so that more folds
    leave the first ones as they are.

    Parity: Point-BERT (arXiv 2111.14819) made its ten folds of every setting in this manner, with 20 queries of each
    class and without a seed; ``ModelNetFewShot`` reads them.

    Args:
        train_labels: Labels of the training set, shape ``(S,)``.
        test_labels: Labels of the test set.
        ways: Number of classes of an episode.
        shots: Number of training objects of every class.
        queries: Number of test objects of every class.
        folds: Number of episodes.
        seed: Start of all randomness, at least 0.

    Returns:
        The episodes.

    Raises:
        UsageError: A number is not positive, or too few classes have enough objects.
    """
    if min(ways, shots, queries, folds, seed + 1) < 1:
        raise UsageError('episodes need ways, shots, queries and folds of at least 1 and a seed of at least 0')
    support = {label: np.flatnonzero(train_labels == label) for label in np.unique(train_labels) if label >= 0}
    query = {label: np.flatnonzero(test_labels == label) for label in support}
    able = [int(label) for label in support if len(support[label]) >= shots and len(query[label]) >= queries]
    if len(able) < ways:
        raise UsageError(
            f'{ways} classes are to have {shots} training and {queries} test objects each, and {len(able)} of '
            f'{len(support)} have: ask for fewer'
        )
    return [
        _episode(np.random.default_rng((seed, fold)), support, query, able, ways, shots, queries)
        for fold in range(folds)
    ]


def _episode(
    rng: np.random.Generator,
    support: dict[int, np.ndarray],
    query: dict[int, np.ndarray],
    able: list[int],
    ways: int,
    shots: int,
    queries: int,
) -> Episode:
    """Draw one episode."""
    classes = tuple(rng.permutation(able)[:ways].tolist())
    train = [rng.permutation(support[label])[:shots] for label in classes]
    test = [rng.permutation(query[label])[:queries] for label in classes]
    return Episode(np.concatenate(train), np.concatenate(test), classes)
