"""Voting over augmented copies of every test cloud, and the best of many such votes.

Source: the evaluation released with arXiv 2302.02318: the logits of ten copies are averaged, and of 299 votes the one
with the best test accuracy is reported. A copy is a random choice among points spread by FPS (1200 for 1024, as in
training), then stretched along each axis for ModelNet, turned about the vertical axis for PB_T50_RS, and left as it
is for OBJ_BG and OBJ_ONLY.

Traps: a maximum over votes is a choice on the test split, and grows with their number; where as many points are kept
as there are, the choice only reorders them, so that votes differ by nothing but where the model's own sampling
starts; tables mark both kinds with the same word "voting". Copies are brought into the unit sphere again before they
are augmented, as in this project's training, where the released code leaves the sampled points as they are.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.protocols.base import CLASSIFIER, Context, Data, Protocol, slower
from benchmarks.protocols.features import evaluation_transforms, extract_features, require_finite, usual_batch_size
from benchmarks.protocols.finetune import CONFIG
from benchmarks.protocols.measurement import Measurement, classified
from zoo.engine.metrics import overall_accuracy
from zoo.registry import TRANSFORMS

COPIES, REPETITIONS = 10, 299
"""Of the released code."""


def vote_transforms(variant: str) -> list[dict[str, Any]]:
    """Configs of what a copy goes through, by the variant of the data set.

    Args:
        variant: such as ``pb_t50_rs``; models without background or pose, as those of ModelNet, have none or ``cad``.
    """
    if variant.startswith('pb_'):
        return [{'type': 'RandomRotateGravity'}]
    if variant.startswith('obj_'):
        return []
    return [{'type': 'RandomScale', 'per_axis': True}]


VOTES_PER_SECOND = 550
"""Copies a second of a thread, nano."""


@dataclass(frozen=True)
class Votes(Protocol):
    """Votes of a fine-tuned classifier over augmented copies.

    Attributes:
        augmentation: configs of what copies go through, see :func:`vote_transforms`.
        copies: number of copies of a vote.
        repetitions: number of votes the best of which is reported.
        clouds: number of objects that are measured on, for the guess of time.
    """

    augmentation: tuple[dict[str, Any], ...] = ()
    copies: int = COPIES
    repetitions: int = 1
    clouds: int = 1290

    name, requires, suite = 'vote', CLASSIFIER, None

    @property
    def column(self) -> str:
        """Header of the column."""
        return f'vote of {self.copies}' if self.repetitions == 1 else f'max of {self.repetitions} votes'

    @property
    def recorded(self) -> str:
        """Name in records."""
        return str(_named(self.copies, self.repetitions)['name'])

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess: every copy passes the classifier."""
        return 2 + (self.copies * self.repetitions + 1) * self.clouds / VOTES_PER_SECOND * slower(settings)

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Vote."""
        found = measure_votes(
            encoder,
            data.test,
            context.num_points,
            self.augmentation,
            self.copies,
            self.repetitions,
            context.seed,
            device=context.device,
        )
        return replace(found, config=CONFIG)


@torch.inference_mode()
def measure_votes(
    model: nn.Module,
    test: Any,
    num_points: int,
    augmentation: Sequence[dict[str, Any]],
    copies: int = COPIES,
    repetitions: int = 1,
    seed: int = 0,
    batch_size: int | None = None,
    device: str = 'cpu',
) -> Measurement:
    """Measure a classifier by votes.

    Args:
        model: maps points (B, N, 3) to logits (B, classes); put into eval mode.
        test: labelled dataset.
        num_points: points of a copy.
        augmentation: configs of what copies go through, see :func:`vote_transforms`.
        copies: of a vote.
        repetitions: votes the best of which is reported; 1 reports the first.
        seed: of the copies. Those of a cloud follow from it, the cloud and the vote alone.
        batch_size: copies at a time, see :func:`usual_batch_size`; batches do not influence each other.
        device: where the model runs.

    Returns:
        ``oa`` and ``macc`` of the reported vote with its predictions; ``oa_single``: without a vote; ``oa_gain``: what
        voting adds to it; ``oa_mean``: over the votes; ``oa_std``: over the votes, where there are several.

    Raises:
        UsageError: the output for a cloud depends on the clouds beside it.
    """
    begin = time.perf_counter()
    logits, labels = extract_features(model, test, evaluation_transforms(num_points), device=device)
    size = batch_size or usual_batch_size(device)
    copy = _Copies(num_points, augmentation, copies, repetitions, seed, device)
    predicted, waiting = [], []
    for index in range(len(test)):
        waiting.append(copy(test, index))
        if index + 1 == len(test) or copies * repetitions * len(waiting) >= size:
            predicted.append(_votes(model, torch.stack(waiting), size, test))
            waiting = []
    votes = np.concatenate(predicted)
    accuracy = [overall_accuracy(labels, column) for column in votes.T]
    best = int(np.argmax(accuracy))
    protocol = {
        **_named(copies, repetitions),
        'points': num_points,
        'vote_augmentation': [step['type'] for step in augmentation],
        'vote_seed': seed,
    }
    found = classified(labels, votes[:, best], test.classes, protocol, time.perf_counter() - begin)
    single = overall_accuracy(labels, logits.argmax(axis=1))
    extra = {'oa_single': single, 'oa_gain': accuracy[best] - single, 'oa_mean': float(np.mean(accuracy))}
    if repetitions > 1:
        extra['oa_std'] = float(np.std(accuracy, ddof=1))
    return replace(found, metrics={**found.metrics, **extra})


class _Copies:
    """Augmented copies of a cloud: (repetitions, copies, num_points, 3)."""

    def __init__(
        self,
        num_points: int,
        augmentation: Sequence[dict[str, Any]],
        copies: int,
        repetitions: int,
        seed: int,
        device: str,
    ) -> None:
        spread = {'type': 'FPSSubsample', 'num_points': num_points * 600 // 512}
        self.spread = TRANSFORMS.build(spread)
        chain: list[dict[str, Any]] = [
            {'type': 'RandomSubsample', 'num_points': num_points},
            {'type': 'UnitSphere'},
            *augmentation,
        ]
        self.chain = [TRANSFORMS.build(dict(step)) for step in chain]
        self.copies, self.repetitions, self.seed, self.device = copies, repetitions, seed, device

    def __call__(self, test: Any, index: int) -> Tensor:
        points = test.__getitems__([index])['points'].to(self.device)
        if points.shape[1] > self.spread.num_points:
            points = self.spread({'points': points})['points']
        points = points.expand(self.copies, -1, -1)
        with torch.random.fork_rng(devices=[]):
            return torch.stack([self._vote(points, index, vote) for vote in range(self.repetitions)])

    def _vote(self, points: Tensor, index: int, vote: int) -> Tensor:
        """Copies (copies, num_points, 3) of one vote."""
        torch.manual_seed(int(np.random.SeedSequence((self.seed, index, vote)).generate_state(1, np.uint64)[0] >> 1))
        batch = {'points': points}
        for transform in self.chain:
            batch = transform(batch)
        return batch['points']


def _votes(model: nn.Module, clouds: Tensor, batch_size: int, test: Any) -> np.ndarray:
    """Classes (B, repetitions) by the mean logits of the copies (B, repetitions, copies, N, 3)."""
    shape = clouds.shape[:3]
    flat = clouds.reshape(-1, *clouds.shape[3:])
    logits = torch.cat([model(part).float() for part in flat.split(batch_size)])
    require_finite(logits.cpu().numpy(), model, test)
    predicted: np.ndarray = logits.view(*shape, -1).mean(dim=2).argmax(dim=-1).cpu().numpy()
    return predicted


def _named(copies: int, repetitions: int) -> dict[str, Any]:
    """Name of the protocol, and how votes are made."""
    vote = f'{copies} augmentations, mean of logits'
    if repetitions == 1:
        return {'name': f'vote-{copies}@paper', 'version': Votes.version, 'voting': vote}
    return {
        'name': f'vote-{copies}-max-of-{repetitions}@paper',
        'version': Votes.version,
        'voting': f'best on the test split of {repetitions} votes of {vote}',
    }
