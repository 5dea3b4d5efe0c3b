"""Records of older layouts, read as if they had been written today."""

from __future__ import annotations

from typing import Any

from benchmarks.records.parts import Dataset, Environment, Pretraining, Protocol

CURRENT = 2

ONE_REQUIRED = {'model', 'weights', 'weights_sha256', 'pretraining', 'dataset', 'protocol', 'seed', 'metrics'}
"""Fields that layout 1 always had."""

ONE_DEFAULTS: dict[str, Any] = {'per_class': {}, 'seconds': 0.0, 'source': 'measured', 'environment': {}, 'date': ''}
"""Fields that layout 1 had with a default."""


def migrate(data: Any) -> dict[str, Any]:
    """A record's JSON in the current layout.

    Args:
        data: what the file holds.

    Raises:
        ValueError: not a record, or a layout that is not known.
    """
    if not isinstance(data, dict) or 'version' not in data:
        raise ValueError('not a record: it has no version')
    if data['version'] == CURRENT:
        return data
    if data['version'] == 1:
        return _from_one(data)
    raise ValueError(f'layout {data["version"]}, expected {CURRENT} or older')


def _from_one(data: dict[str, Any]) -> dict[str, Any]:
    """Layout 1 had parts without fields and knew neither the config's hash, nor predictions, nor a reference."""
    missing = sorted(ONE_REQUIRED - set(data))
    unknown = sorted(set(data) - ONE_REQUIRED - set(ONE_DEFAULTS) - {'version'})
    if missing or unknown:
        raise ValueError(f'layout 1 {"without" if missing else "with an unknown"} field {(missing + unknown)[0]!r}')
    try:
        return _parts_of_one(ONE_DEFAULTS | data)
    except TypeError as error:
        raise ValueError(f'layout 1 with a broken part: {error}') from error


def _parts_of_one(data: dict[str, Any]) -> dict[str, Any]:
    """The parts under their fields' names."""
    dataset, protocol = dict(data['dataset']), dict(data['protocol'])
    # All that layout 1 was ever written by measured test splits and took the last epoch, said or not.
    dataset.setdefault('split', 'test')
    protocol.setdefault('epoch_selection', 'last')
    return {
        **data,
        'dataset': Dataset.of(dataset).to_json(),
        'protocol': Protocol.of(protocol).to_json(),
        'pretraining': Pretraining.of(data['pretraining']).to_json(),
        'environment': Environment.of(data['environment']).to_json(),
        **dict.fromkeys(('config', 'config_sha256', 'predictions', 'reference', 'job'), ''),
        'version': CURRENT,
    }
