"""Few-shot episodes on frozen features.

Source: the few-shot protocol of arXiv 2111.14819 (5 or 10 ways, 10 or 20 shots, 10 folds, 20 queries a class), with a
linear SVM in place of fine-tuning, which takes hours for every student. Traps: the literature prints mean ± standard
deviation over folds, which is not a confidence interval (``oa_std`` and the interval of a table are different numbers);
the released code of ReCon drops the last incomplete batch and so trains on 32 of 50 objects. Folds are drawn from a
seed; :class:`zoo.datasets.layouts.few_shot.ModelNetFewShot` reads the official ones of ModelNet40.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.protocols.base import Context, Data, Protocol
from benchmarks.protocols.measurement import Measurement
from benchmarks.protocols.svm import linear_svm
from zoo.datasets.episodes import few_shot_episodes
from zoo.engine.metrics import overall_accuracy


def over_folds(accuracy: Sequence[float], protocol: Mapping[str, Any], seconds: float) -> Measurement:
    """The measurement of episodes.

    Args:
        accuracy: OA of every fold in percent.
        protocol: settings of the protocol.
        seconds: wall time.

    Returns:
        ``oa``: mean over folds; ``oa_std``: standard deviation over several folds (ddof 1), as the literature prints;
        ``oa/<fold>``: of every fold. No single predictions, because folds overlap.
    """
    metrics = {'oa': float(np.mean(accuracy))}
    if len(accuracy) > 1:
        metrics['oa_std'] = float(np.std(accuracy, ddof=1))
    metrics |= {f'oa/{fold}': value for fold, value in enumerate(accuracy)}
    return Measurement(metrics, dict(protocol), seconds)


@dataclass(frozen=True)
class FewShot(Protocol):
    """Few-shot episodes by a linear SVM on frozen features; support from ``train``, queries from ``test``.

    Attributes:
        ways: number of classes of an episode.
        shots: number of support objects of a class.
        queries: number of query objects of a class.
        folds: number of episodes.
        C: inverse strength of the regularisation of the SVM.
    """

    ways: int = 5
    shots: int = 10
    queries: int = 20
    folds: int = 10
    C: float = 0.075

    name, suite = 'few_shot', None
    literature = {'few-shot full fine-tune 10 folds': 'few_shot'}

    @classmethod
    def planned(cls, profile: Any) -> list[FewShot]:
        """All settings of the profile."""
        return [cls(ways, shots, profile.queries, profile.folds) for ways, shots in profile.few_shot]

    @property
    def column(self) -> str:
        """Header of the column."""
        return f'{self.ways}-way {self.shots}-shot'

    @property
    def recorded(self) -> str:
        """Name in records."""
        return 'few_shot_svm'

    @property
    def task(self) -> str:
        """What the literature calls the task."""
        return '3D Point Cloud Few-Shot Classification'

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Compute the features of both splits once; an episode chooses rows of them."""
        begin = time.perf_counter()
        train_features, train_labels, test_features, test_labels = context.features(encoder, data)
        found = []
        sizes = (self.ways, self.shots, self.queries, self.folds)
        for episode in few_shot_episodes(train_labels, test_labels, *sizes, context.seed):
            support, query = episode.train_indices, episode.test_indices
            predicted = linear_svm(
                train_features[support], train_labels[support], test_features[query], self.C, context.seed
            )
            found.append(overall_accuracy(test_labels[query], predicted))
        protocol = {
            'name': self.recorded,
            'version': self.version,
            'classifier': 'sklearn LinearSVC',
            'pooling': getattr(encoder, 'pool', self.pool),
            **self.settings,
            'points': context.num_points,
        }
        return over_folds(found, protocol, time.perf_counter() - begin)
