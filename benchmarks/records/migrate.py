"""Records of older layouts, read as if they had been written today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LAYOUT = 4
"""Version of the layout of records."""

PARTS = ('pretraining', 'dataset', 'protocol', 'environment')
ONE_REQUIRED = {'model', 'weights', 'weights_sha256', 'pretraining', 'dataset', 'protocol', 'seed', 'metrics'}
"""Fields that layout 1 always had."""

ONE_OPTIONAL = {'per_class', 'seconds', 'source', 'environment', 'date', 'version'}
"""Fields that layout 1 had with a default."""


def migrate(data: Any) -> Any:
    """A record's JSON in the current layout; what is not of an older one is left as it is.

    Raises:
        ValueError: a layout that is not known, or an older one that is broken.
    """
    if not isinstance(data, Mapping) or not {'version', 'layout'} & set(data):
        return data  # being made, not read
    version = data.get('layout', data.get('version'))
    if version == LAYOUT and 'version' not in data:
        return data
    if version == 3 and 'version' not in data:
        return _counted(data)
    if version not in (1, 2) or isinstance(version, bool):
        raise ValueError(f'layout {version}, expected {LAYOUT} or older')
    made = dict(data)
    if version == 1:
        made = _checked_one(made)
    for name in PARTS:
        part = dict(_mapping(made.get(name, {}), name, version))
        extra = _mapping(part.pop('extra', {}), f'{name}.extra', version)
        if set(extra) & set(part):
            raise ValueError(f'{name}.extra repeats a field')
        # Layout 2 stated every field, with null for what nobody knew.
        made[name] = {**{key: value for key, value in part.items() if value is not None}, **extra}
    digest = made.pop('weights_sha256', None)
    if not isinstance(digest, str):
        raise ValueError(f'layout {version} without weights_sha256')
    made['weights_digest'] = f'file:{digest}' if digest else ''
    for name in ('version', 'predictions'):
        made.pop(name, None)
    if not made.get('date'):
        made['date'] = '1970-01-01'  # nobody wrote it down
    return {**made, 'layout': LAYOUT}


def _counted(data: Mapping[str, Any]) -> dict[str, Any]:
    """Layout 3 said of objects that a pretraining saw either ``all`` or nothing, which stays unknown."""
    dataset = dict(_mapping(data.get('dataset', {}), 'dataset', 3))
    if dataset.get('seen_objects') == 'all':
        dataset['seen_objects'] = dataset.get('samples')
    return {**data, 'dataset': dataset, 'layout': LAYOUT}


def _mapping(value: Any, name: str, version: int) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f'layout {version} with a broken part {name}')
    return value


def _checked_one(data: dict[str, Any]) -> dict[str, Any]:
    """Layout 1 had parts without fields and knew neither the config's hash, nor predictions, nor a reference."""
    missing = sorted(ONE_REQUIRED - set(data))
    unknown = sorted(set(data) - ONE_REQUIRED - ONE_OPTIONAL)
    if missing or unknown:
        raise ValueError(f'layout 1 {"without" if missing else "with an unknown"} field {(missing + unknown)[0]!r}')
    # All that layout 1 was ever written by measured test splits and took the last epoch, said or not.
    data['dataset'] = {'split': 'test', **_mapping(data['dataset'], 'dataset', 1)}
    data['protocol'] = {'epoch_selection': 'last', **_mapping(data['protocol'], 'protocol', 1)}
    return data
