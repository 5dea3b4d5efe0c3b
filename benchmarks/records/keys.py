"""Keys under which finished jobs are found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.records.parts import plain

LENGTH = 32
"""Hexadecimal digits of a key: 128 bits."""


def digest(content: Any) -> str:
    """Digest of JSON content; the order of names does not matter, that of lists does.

    Args:
        content: mappings, lists, tuples, text, numbers, booleans, None.

    Returns:
        ``LENGTH`` hexadecimal digits.

    Raises:
        TypeError: something JSON cannot hold, whose text might change from run to run.
        ValueError: NaN or infinity.
    """
    text = json.dumps(plain(content), sort_keys=True, separators=(',', ':'), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def job_key(
    *, config: Mapping[str, Any], data: str | Sequence[str], seed: int, protocol: str, code: int | str = 1
) -> str:
    """Key of a job: everything its result depends on, known before it runs.

    Args:
        config: model, weights, pretraining and every setting of the protocol, as JSON. What the weights are made by
            (a config, a name, a file's hash) stands in for weights that are not made yet.
        data: fingerprints of the data, training and test.
        seed: of the job.
        protocol: its name.
        code: version of the code that decides the figure; the protocol's version.

    Raises:
        TypeError: a config that JSON cannot hold.
        ValueError: NaN or infinity in the config, or data without a fingerprint.
    """
    fingerprints = [data] if isinstance(data, str) else list(data)
    if not fingerprints or not all(fingerprints):
        raise ValueError(f'protocol {protocol}: a job needs the fingerprint of its data, or stale results are taken')
    return digest({'config': config, 'data': fingerprints, 'seed': seed, 'protocol': protocol, 'code': str(code)})
