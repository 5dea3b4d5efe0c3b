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
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.protocols.base import RUNS, Context, Data, Protocol
from benchmarks.protocols.measurement import Measurement
from zoo.errors import UsageError
from zoo.transforms import SEVERITIES


@dataclass(frozen=True)
class CorruptionRow:
    """Accuracies of one model on one set of corrupted clouds.

    Attributes:
        name: name of the model.
        clouds: name of the corrupted clouds; only rows of the same clouds can be compared.
        clean: OA in percent without corruption.
        mean: OA in percent by corruption, mean over the severities.
        severities: severities that the mean is over.
    """

    name: str
    clouds: str
    clean: float
    mean: Mapping[str, float]
    severities: tuple[int, ...] = SEVERITIES


@dataclass(frozen=True)
class CorruptionErrors:
    """Errors relative to a reference, as ratios.

    Attributes:
        ce: corruption error by corruption.
        rce: relative corruption error by corruption; NaN where the reference loses nothing, which leaves it undefined.
    """

    ce: dict[str, float]
    rce: dict[str, float]

    @property
    def mce(self) -> float:
        """Mean of ``ce``."""
        return float(np.mean(list(self.ce.values())))

    @property
    def rmce(self) -> float:
        """Mean of ``rce``; NaN when one of them is."""
        return float(np.mean(list(self.rce.values())))


def corruption_errors(row: CorruptionRow, reference: CorruptionRow) -> CorruptionErrors:
    """Errors of a row against a reference measured on the same clouds.

    Parity: the released code rounds accuracies to three digits before it divides; here nothing is rounded.

    Raises:
        UsageError: the rows are of different clouds, corruptions or severities, or the reference makes no error.
    """
    if row.clouds != reference.clouds:
        raise UsageError(
            f'{row.name} was measured on {row.clouds} and the reference {reference.name} on {reference.clouds}: '
            'corruption errors need a reference row of the same clouds'
        )
    if set(row.mean) != set(reference.mean) or set(row.severities) != set(reference.severities):
        raise UsageError(
            f'{row.name} and the reference {reference.name} cover different corruptions or severities: '
            'measure both alike'
        )
    perfect = [name for name, accuracy in reference.mean.items() if accuracy >= 100]
    if perfect:
        raise UsageError(f'the reference {reference.name} makes no error under {perfect[0]}: choose another reference')
    ce = {name: (100 - row.mean[name]) / (100 - reference.mean[name]) for name in row.mean}
    rce = {}
    for name in row.mean:
        loss = reference.clean - reference.mean[name]
        rce[name] = (row.clean - row.mean[name]) / loss if loss > 0 else float('nan')
    return CorruptionErrors(ce, rce)


def row_of(name: str, metrics: Mapping[str, float], protocol: Mapping[str, Any]) -> CorruptionRow:
    """Row of a measurement or of a record, by its metrics and its protocol."""
    mean = {corruption: metrics[f'oa/{corruption}'] for corruption in protocol['corruptions']}
    return CorruptionRow(name, protocol['clouds'], metrics['oa'], mean, tuple(protocol['severities']))


def mean_row(rows: Sequence[CorruptionRow]) -> CorruptionRow:
    """Row of the mean accuracies of several seeds of one model."""
    mean = {name: float(np.mean([row.mean[name] for row in rows])) for name in rows[0].mean}
    return replace(rows[0], clean=float(np.mean([row.clean for row in rows])), mean=mean)


@dataclass(frozen=True)
class RelativeErrors(Protocol):
    """Corruption errors of one model relative to the mean of several seeds of a reference."""

    name, requires, suite, title, metric = 'corruption_errors', RUNS, None, 'mCE', 'mce'

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Nothing is measured any more."""
        return 1.0

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Divide the errors of the job ``own`` by those of all others; RmCE is left out where it is undefined."""
        rows = {role: row_of(role, value['metrics'], value['protocol']) for role, value in context.inputs.items()}
        own = rows.pop('own')
        errors = corruption_errors(own, mean_row(list(rows.values())))
        metrics = {'oa': own.clean, 'mce': errors.mce, **{f'ce/{name}': value for name, value in errors.ce.items()}}
        if np.isfinite(errors.rmce):
            metrics['rmce'] = errors.rmce
        return Measurement(metrics, {**context.inputs['own']['protocol'], 'reference_seeds': len(rows)})
