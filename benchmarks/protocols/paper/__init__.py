"""What released code does and the clean protocols do not: one habit a file, each under a name with ``@paper``.

Read them to see how much a published figure owes to a habit; no default table mixes them with clean ones.
"""

from __future__ import annotations

from benchmarks.protocols.paper.best_epoch import finetune_best_epoch
from benchmarks.protocols.paper.best_of_seeds import Candidate, best_of_seeds
from benchmarks.protocols.paper.cls_trains import measure_cls_trains
from benchmarks.protocols.paper.votes import measure_votes, vote_transforms

__all__ = [
    'Candidate',
    'best_of_seeds',
    'finetune_best_epoch',
    'measure_cls_trains',
    'measure_votes',
    'vote_transforms',
]
