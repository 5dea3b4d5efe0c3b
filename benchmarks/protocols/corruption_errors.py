"""Corruption errors: how robust a model is, measured by a reference row.

Source: ModelNet-C, arXiv 2202.03377. With OA the accuracy as a share and sums over severities l,

    CE  = sum_l (1 - OA_l) / sum_l (1 - OA_l of the reference)
    RCE = sum_l (OA_clean - OA_l) / sum_l (OA_clean - OA_l, both of the reference)

and mCE and RmCE are their means over corruptions; below 1 is more robust than the reference. Traps: the published
reference (DGCNN) belongs to the files of ModelNet-C alone, so a row measured on other clouds needs a reference measured
on the same clouds; a low RCE may come from a low clean accuracy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.protocols.base import RUNS, Context, Data, Protocol
from benchmarks.protocols.measurement import Measurement
from zoo.errors import UsageError


def relative_errors(own: Mapping[str, Any], references: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Errors of a model, relative to the mean of the seeds of a reference.

    Parity: the released code rounds accuracies to three digits before it divides; here nothing is rounded.

    Args:
        own: ``metrics`` and ``protocol`` of the model, as :class:`Corruption` has them.
        references: those of every seed of the reference.

    Returns:
        As ratios ``ce/<corruption>`` and ``rce/<corruption>``, NaN where the reference loses nothing, which leaves it
        undefined; ``mce`` and ``rmce``, their means.

    Raises:
        UsageError: the clouds, corruptions or severities differ, or the reference makes no error.
    """
    for name in ('clouds', 'corruptions', 'severities'):
        others = [entry['protocol'][name] for entry in references if entry['protocol'][name] != own['protocol'][name]]
        if others:
            raise UsageError(
                f'the {name} of a model are {own["protocol"][name]} and those of its reference {others[0]}: corruption '
                'errors need a reference that was measured alike, on the same clouds'
            )
    ce, rce = {}, {}
    clean = float(np.mean([entry['metrics']['oa'] for entry in references]))
    for name in own['protocol']['corruptions']:
        accuracy = own['metrics'][f'oa/{name}']
        reference = float(np.mean([entry['metrics'][f'oa/{name}'] for entry in references]))
        if reference >= 100:
            raise UsageError(f'the reference makes no error under {name}: choose another reference')
        ce[f'ce/{name}'] = (100 - accuracy) / (100 - reference)
        lost = clean - reference
        rce[f'rce/{name}'] = (own['metrics']['oa'] - accuracy) / lost if lost > 0 else float('nan')
    return {'mce': float(np.mean(list(ce.values()))), 'rmce': float(np.mean(list(rce.values()))), **ce, **rce}


@dataclass(frozen=True)
class RelativeErrors(Protocol):
    """Corruption errors of one model relative to the mean of several seeds of a reference."""

    name, requires, suite, title, metric = 'corruption_errors', RUNS, None, 'mCE', 'mce'

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Divide the errors of the job ``own`` by those of all others; RmCE is left out where it is undefined."""
        references = dict(context.inputs)
        own = references.pop('own')
        errors = relative_errors(own, list(references.values()))
        metrics = {name: value for name, value in errors.items() if not name.startswith('rce/') and np.isfinite(value)}
        settings = {**own['protocol'], 'reference_seeds': len(references)}
        return Measurement({'oa': own['metrics']['oa'], **metrics}, settings)
