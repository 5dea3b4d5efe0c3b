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

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.protocols.base import CLASSIFIER, Context, Data, Protocol, objects, slower
from benchmarks.protocols.features import (
    cloud_reader,
    evaluation_transforms,
    extract_features,
    require_finite,
    usual_batch_size,
)
from benchmarks.protocols.finetune import CONFIG
from benchmarks.protocols.measurement import Measurement, classified
from zoo.engine.metrics import overall_accuracy
from zoo.models.preprocess import build_transforms, transformed
from zoo.registry import TRANSFORMS

COPIES, REPETITIONS = 10, 299
"""Of the released code."""


def vote_transforms(variant: str) -> list[dict[str, Any]]:
    """Configs of what a copy goes through, by the variant of the data set, such as ``pb_t50_rs``.

    Models without background or pose, as those of ModelNet, have no variant or ``cad``.
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
    """

    augmentation: tuple[dict[str, Any], ...] = ()
    copies: int = COPIES
    repetitions: int = 1

    name, requires, suite = 'vote', CLASSIFIER, None

    @property
    def column(self) -> str:
        """Header of the column."""
        return f'vote of {self.copies}' if self.repetitions == 1 else f'max of {self.repetitions} votes'

    @property
    def recorded(self) -> str:
        """Name in records."""
        return f'vote-{self.copies}{"" if self.repetitions == 1 else f"-max-of-{self.repetitions}"}@paper'

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess: every copy passes the classifier."""
        passes = (self.copies * self.repetitions + 1) * objects(settings, 'test')
        return 2 + passes / VOTES_PER_SECOND * slower(settings)

    @torch.inference_mode()
    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Vote; the copies of a cloud follow from the seed, the cloud and the vote alone.

        Returns:
            ``oa`` and ``macc`` of the reported vote with its predictions; ``oa_single``: without a vote; ``oa_gain``:
            what voting adds to it; ``oa_mean``: over the votes; ``oa_std``: over the votes, where there are several.
        """
        test, device, points = data.test, context.device, context.num_points
        logits, labels = extract_features(encoder, test, evaluation_transforms(points), device=device)
        read, size = cloud_reader(test, (), device), usual_batch_size(device)
        spread = TRANSFORMS.build({'type': 'FPSSubsample', 'num_points': points * 600 // 512})
        chosen = {'type': 'RandomSubsample', 'num_points': points}
        chain = build_transforms([chosen, {'type': 'UnitSphere'}, *self.augmentation])
        predicted, waiting = [], list[Tensor]()
        for index in range(len(test)):
            cloud = read(np.array([index]))['points']
            if cloud.shape[1] > spread.num_points:
                cloud = spread({'points': cloud})['points']
            with torch.random.fork_rng(devices=[]):
                for number in range(self.repetitions):
                    entropy = np.random.SeedSequence((context.seed, index, number)).generate_state(1, np.uint64)[0]
                    torch.manual_seed(int(entropy >> 1))
                    waiting.append(transformed({'points': cloud.expand(self.copies, -1, -1)}, chain)['points'])
            if index + 1 == len(test) or self.copies * len(waiting) >= size:
                rows = torch.cat([encoder(part).float() for part in torch.cat(waiting).split(size)])
                require_finite(rows.cpu().numpy(), encoder, test)
                means = rows.view(-1, self.repetitions, self.copies, rows.shape[1]).mean(dim=2)
                predicted.append(means.argmax(dim=-1).cpu().numpy())
                waiting = []
        votes = np.concatenate(predicted)
        accuracy = [overall_accuracy(labels, column) for column in votes.T]
        best = int(np.argmax(accuracy))
        vote = f'{self.copies} augmentations, mean of logits'
        best_of = '' if self.repetitions == 1 else f'best on the test split of {self.repetitions} votes of '
        own = {
            'voting': best_of + vote,
            'vote_augmentation': [step['type'] for step in self.augmentation],
            'vote_seed': context.seed,
        }
        found = classified(labels, votes[:, best], test.classes, own)
        single = overall_accuracy(labels, logits.argmax(axis=1))
        extra = {'oa_single': single, 'oa_gain': accuracy[best] - single, 'oa_mean': float(np.mean(accuracy))}
        if self.repetitions > 1:
            extra['oa_std'] = float(np.std(accuracy, ddof=1))
        return replace(found, metrics={**found.metrics, **extra}, config=CONFIG)
