"""One transform for the seven corruptions of ModelNet-C (arXiv 2202.03377)."""

from __future__ import annotations

from collections.abc import Callable

import torch

from zoo.errors import UsageError
from zoo.registry import TRANSFORMS
from zoo.transforms.batch import Batch
from zoo.transforms.corruptions.add import add_global, add_local
from zoo.transforms.corruptions.draws import KeyedDraws
from zoo.transforms.corruptions.move import jitter, rotate, scale
from zoo.transforms.corruptions.remove import drop_global, drop_local

_KINDS: dict[str, Callable[[Batch, int, KeyedDraws], Batch]] = {
    'scale': scale,
    'jitter': jitter,
    'rotate': rotate,
    'drop_global': drop_global,
    'drop_local': drop_local,
    'add_global': add_global,
    'add_local': add_local,
}

CORRUPTIONS = tuple(_KINDS)
"""Names of the corruptions, in the order of the paper's tables."""

SEVERITIES = (1, 2, 3, 4, 5)
"""Severities of a corruption, mildest first."""


@TRANSFORMS.register_module()
class Corrupt:
    """Corrupts every cloud as ModelNet-C does, at test time and for any test set.

    The last transform of a test pipeline, after ``FPSSubsample`` and ``UnitSphere``: clouds come in the unit sphere, as
    those that ModelNet-C was made from, and go to the model as they are. The number of points changes when points are
    dropped or added, by the same amount for all clouds. Only ``scale`` brings the cloud back into the unit sphere, as
    in the released code. Counts of points belong to 1024 points there; here they grow in proportion to the size of the
    cloud.

    What happens to an object depends on the seed, the corruption and its ``index`` in the dataset (a subset counts its
    own): not on the batch, the device or the state of any generator. The draws are shared by the severities of a
    corruption, so that more severe means more of the same; in the files of ModelNet-C they are independent.

    Args:
        corruption: One of :data:`CORRUPTIONS`; ``dropout_global`` and ``dropout_local``, as files are called, mean the
            drops.
        severity: 1 to 5. The files of ModelNet-C count from 0 to 4: ``jitter_0.h5`` is severity 1.
        seed: Number of the repetition.

    Raises:
        UsageError: Another corruption or severity.
    """

    def __init__(self, corruption: str, severity: int, seed: int = 0) -> None:
        self.corruption = corruption.replace('dropout_', 'drop_')
        if self.corruption not in CORRUPTIONS:
            raise UsageError(f'Corrupt: unknown corruption {corruption!r}: choose one of {", ".join(CORRUPTIONS)}')
        if severity not in SEVERITIES:
            raise UsageError(f'Corrupt: severity must be 1 to 5, got {severity} (ModelNet-C files count from 0 to 4)')
        self.severity, self.seed = severity, seed

    @torch.no_grad()
    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to ``(B, N', 3)``; ``normals`` and ``part`` follow. Reads ``index (B,)``.

        Raises:
            UsageError: The batch has no ``index``.
        """
        if 'index' not in batch:
            raise UsageError("Corrupt needs the batch's index (B,), as every dataset of the zoo gives it")
        draws = KeyedDraws(self.seed, self.corruption, batch['index'])
        return _KINDS[self.corruption](batch, self.severity, draws)
