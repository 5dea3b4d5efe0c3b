"""Retrieval: which clouds a text, or a picture, finds among many that were never pretrained on.

Source: the recall of CLIP (arXiv 2103.00020) over a whole set, with clouds in the place of pictures. A query is the
teacher's feature of a text or of one picture; clouds are the sum of the projected streams that live in its space,
as in zero-shot, and are ranked by cosine.

Traps: texts repeat. Every different text is one query, found by any cloud that it is about, so that a class name has
many right answers, and chance, which is given beside, is not k of S. Clouds that are as near as the nearest right one
stand before it, so that features without differences find nothing. Intervals speak of other queries of the same set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.protocols.base import TEXT, Context, Data, Protocol
from benchmarks.protocols.features import evaluation_transforms
from benchmarks.protocols.held_out_loss import teacher_features
from benchmarks.protocols.measurement import Measurement
from benchmarks.protocols.zero_shot import ProjectedQueries, comparable, streams_of
from zoo.errors import UsageError

RESAMPLES = 1000
"""Of the bootstrap over queries."""


@dataclass(frozen=True)
class Retrieval(Protocol):
    """Retrieval of held-out clouds by texts and by pictures.

    Attributes:
        ks: numbers k of clouds among which a right one has to be.
    """

    ks: tuple[int, ...] = (1, 5, 10)

    name, requires, learns, suite, title = 'retrieval', TEXT, False, None, 'retrieval'
    metric, task = 'text/recall@10', '3D Object Retrieval'

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess, without the features of the teachers, which are computed once."""
        return 3 + 2 * super().seconds(settings)

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Rank the clouds of the test objects for every query.

        Returns:
            After ``text/`` and ``image/``, where the student has such a stream: ``recall@K`` in percent of queries with
            both ends of its 95 % interval (``_low``, ``_high``), ``chance@K`` of a random order, ``median_rank`` with
            its interval, and ``queries``, their number. After ``pictures/`` the same of texts that search pictures
            instead of clouds, one an object, by the teachers alone, where both share one space.

        Raises:
            UsageError: there are no texts to search by.
        """
        features = {
            name: rows.cpu().numpy() for name, rows in teacher_features(encoder, data.test, context.device).items()
        }
        texts = [data.test.text(place) for place in range(len(data.test))]
        about = np.unique(texts, return_inverse=True)[1]
        metrics: dict[str, float] = {}
        streams = {modality: streams_of(encoder, modality) for modality in ('text', 'image')}
        for modality, summed in streams.items():
            if not summed:
                continue
            model = ProjectedQueries(encoder, summed)
            clouds, _ = context.cache.get(model, data.test, evaluation_transforms(context.num_points), context.device)
            groups = about if modality == 'text' else np.arange(len(clouds))
            queries = features[f'{modality}_feature'][np.unique(groups, return_index=True)[1]]
            searched = {modality: clouds}
            if modality == 'text' and 'image' in summed:
                searched['pictures'] = features['image_feature']
            for name, rows in searched.items():
                rows, unit, _ = comparable(model, rows, queries)
                lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
                found = ranks(unit @ (rows / lengths).T, groups)
                figures = summary(found, np.bincount(groups), len(rows), self.ks, context.seed)
                metrics |= {f'{name}/{figure}': value for figure, value in figures.items()}
        if not metrics:
            raise UsageError(
                'this student is aligned with no teacher, so nothing finds its clouds: choose cmc or recon'
            )
        return Measurement(metrics, {'ks': list(self.ks), 'streams': streams, 'interval': f'bootstrap of {RESAMPLES}'})


def ranks(scores: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Place (T,) of the first right cloud for every query, from 1 on; wrong ones of equal score stand before it.

    Args:
        scores: scores (T, S) of S clouds.
        groups: query (S,) that every cloud answers.
    """
    right = groups == np.arange(len(scores))[:, None]
    best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)
    places: np.ndarray = 1 + ((scores >= best) & ~right).sum(axis=1)
    return places


def summary(found: np.ndarray, answers: np.ndarray, total: int, ks: tuple[int, ...], seed: int = 0) -> dict[str, float]:
    """Figures of ranks, see :meth:`Retrieval.run`.

    Args:
        found: ranks (T,), from 1 on.
        answers: number (T,) of right clouds.
        total: number of clouds S.
        ks: numbers k.
        seed: random seed of the bootstrap.
    """
    from scipy.stats import hypergeom  # half a second of every start of the command

    drawn = np.random.default_rng(seed).integers(len(found), size=(RESAMPLES, len(found)))
    figures = {'queries': float(len(found))}
    for name, resampled, value in (
        *((f'recall@{k}', 100 * (found <= k)[drawn].mean(1), 100 * (found <= k).mean()) for k in ks),
        ('median_rank', np.median(found[drawn], axis=1), np.median(found)),
    ):
        low, high = np.quantile(resampled, (0.025, 0.975))
        figures |= {name: float(value), f'{name}_low': float(low), f'{name}_high': float(high)}
    chance = {k: hypergeom.sf(0, total, answers, min(k, total)) for k in ks}
    return figures | {f'chance@{k}': 100 * float(found.mean()) for k, found in chance.items()}
