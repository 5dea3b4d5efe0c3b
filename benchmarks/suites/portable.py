"""Settings of jobs that mean the same on another machine: packs lie where they lie there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.suites.data import PACKS, pack_root
from zoo.errors import UsageError

PLACE = '$ZOO_PACKS/'
"""Stands for the folder of packs."""


def portable(value: Any, strict: bool = True) -> Any:
    """Settings with the folder of packs left open.

    Args:
        value: settings.
        strict: whether another path of this machine is an error, or stays.

    Raises:
        UsageError: another path of this machine is in them.
    """
    if isinstance(value, Mapping):
        return {key: portable(entry, strict) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [portable(entry, strict) for entry in value]
    if not isinstance(value, str) or not os.path.isabs(value):  # noqa: PTH117 (a text, perhaps no path)
        return value
    parts = Path(value).parts
    folders = {place.split('/')[0] for place, *_ in PACKS.values()}
    found = [place for place, part in enumerate(parts) if part in folders]
    if not found and not strict:
        return value
    if not found:
        raise UsageError(f'settings of a job name {value}, which is no pack: such results cannot be measured elsewhere')
    return PLACE + '/'.join(parts[found[-1] :])


def localized(value: Any, packs: Path | None = None) -> Any:
    """What :func:`portable` left open, filled in.

    Args:
        value: settings.
        packs: folder of packs; ``$ZOO_PACKS`` by default.

    Raises:
        UsageError: a pack is needed and is not there.
    """
    if isinstance(value, Mapping):
        return {key: localized(entry, packs) for key, entry in value.items()}
    if isinstance(value, list):
        return [localized(entry, packs) for entry in value]
    if not isinstance(value, str) or not value.startswith(PLACE):
        return value
    inside, root = value.removeprefix(PLACE), pack_root(packs)
    if root is None or not (root / inside).is_file():
        raise UsageError(f'pack {inside} is not there: put it into a folder and name it with --packs or $ZOO_PACKS')
    return str(root / inside)
