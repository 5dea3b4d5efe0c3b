"""Few-shot episodes on frozen features.

Source: the few-shot protocol of arXiv 2111.14819 (5 or 10 ways, 10 or 20 shots, 10 folds, 20 queries a class), with a
linear SVM in place of fine-tuning, which takes hours for every student. Traps: the literature prints mean ± standard
deviation over folds, which is not a confidence interval (``oa_std`` and the interval of a table are different numbers);
the released code of ReCon drops the last incomplete batch and so trains on 32 of 50 objects. Folds are drawn from a
seed; :class:`zoo.datasets.layouts.few_shot.ModelNetFewShot` reads the official ones of ModelNet40.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.protocols.base import Context, Data, Protocol
from benchmarks.protocols.measurement import Measurement
from benchmarks.protocols.svm import C, linear_svm
from zoo.datasets.episodes import Episode, few_shot_episodes
from zoo.engine.metrics import overall_accuracy


def over_folds(accuracy: Sequence[float], protocol: Mapping[str, Any]) -> Measurement:
    """The measurement of episodes.

    Args:
        accuracy: OA of every fold in percent.
        protocol: settings of the protocol.

    Returns:
        ``oa``: mean over folds; ``oa_std``: standard deviation over several folds (ddof 1), as the literature prints;
        ``oa/<fold>``: of every fold. No single predictions, because folds overlap.
    """
    metrics = {'oa': float(np.mean(accuracy))}
    if len(accuracy) > 1:
        metrics['oa_std'] = float(np.std(accuracy, ddof=1))
    return Measurement({**metrics, **{f'oa/{fold}': value for fold, value in enumerate(accuracy)}}, dict(protocol))


@dataclass(frozen=True)
class Episodes(Protocol):
    """Few-shot episodes; support from ``train``, queries from ``test``.

    Attributes:
        ways: number of classes of an episode.
        shots: number of support objects of a class.
        queries: number of query objects of a class.
        folds: number of episodes.
    """

    ways: int = 5
    shots: int = 10
    queries: int = 20
    folds: int = 10

    suite, task = None, '3D Point Cloud Few-Shot Classification'

    @property
    def column(self) -> str:
        """Header of the column."""
        return f'{self.ways}-way {self.shots}-shot'

    def episodes(self, train_labels: np.ndarray, test_labels: np.ndarray, seed: int) -> list[Episode]:
        """All folds."""
        return few_shot_episodes(train_labels, test_labels, self.ways, self.shots, self.queries, self.folds, seed)


@dataclass(frozen=True)
class FewShot(Episodes):
    """Few-shot episodes by a linear SVM on frozen features; support from ``train``, queries from ``test``.

    Attributes:
        C: inverse strength of the regularization of the SVM.
    """

    C: float = C

    name, recorded = 'few_shot', 'few_shot_svm'
    literature = {'few-shot full fine-tune 10 folds': 'few_shot'}

    @classmethod
    def planned(cls, profile: Any) -> list[FewShot]:
        """All settings of the profile."""
        return [cls(ways, shots, profile.queries, profile.folds) for ways, shots in profile.few_shot]

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Compute the features of both splits once; an episode chooses rows of them."""
        features, labels, test_features, test_labels = context.features(encoder, data)
        found = []
        for episode in self.episodes(labels, test_labels, context.seed):
            support, query = episode.train_indices, episode.test_indices
            svm = linear_svm(features[support], labels[support], self.C, context.seed)
            found.append(overall_accuracy(test_labels[query], svm.predict(test_features[query])))
        return over_folds(found, {'classifier': 'sklearn LinearSVC', **self.settings})
