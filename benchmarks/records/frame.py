"""Results files as pandas tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from benchmarks.records.schema import NOT_KEPT, Result
from benchmarks.records.store import Store


def load_results(*places: str | Path) -> pd.DataFrame:
    """Records of results files, one a row, by the keys of their jobs.

    Fields of parts and single figures are columns with a dot: ``dataset.name``, ``protocol.points``, ``metrics.oa``.
    Column ``predictions`` holds :class:`benchmarks.records.Predictions` where there are some, and ``predictions_lost``
    says where a measurement made some that were not kept.

    Args:
        places: results files, or folders that hold one.

    Raises:
        UsageError: a place that holds no results.
    """
    return frame_of(result for place in places for result in Store.of(Path(place)).results.values())


def frame_of(results: Iterable[Result]) -> pd.DataFrame:
    """Records of finished jobs, one a row; of a key that comes twice the later one."""
    found = {result.key: result for result in results if result.record is not None}
    records = [result.record.model_dump(exclude={'per_class'}) for result in found.values() if result.record]
    frame = pd.json_normalize(records)
    frame.index = pd.Index(found, name='key')
    frame['kind'] = [result.kind for result in found.values()]
    frame['predictions_lost'] = [result.predictions == NOT_KEPT for result in found.values()]
    frame['predictions'] = [result.unpacked for result in found.values()]
    return frame
