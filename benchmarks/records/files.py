"""Files that are whole or absent, whatever kills the writer."""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

TEMPORARY = '.tmp'
DAY = 86_400.0


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the place, reach the disk, then move; a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f'.{path.name}.{uuid.uuid4().hex}{TEMPORARY}'
    try:
        with temporary.open('xb') as file:
            file.write(content)
            file.flush()
            # Without this a power cut may leave the new name with no content.
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def to_text(data: Any) -> str:
    """JSON with sorted keys, one setting a line.

    Raises:
        ValueError: NaN or infinity, which JSON does not know.
    """
    return json.dumps(data, indent=1, sort_keys=True, allow_nan=False)


def from_text(text: str) -> Any:
    """Read JSON.

    Raises:
        ValueError: not JSON; NaN and infinity are not JSON.
    """
    return json.loads(text, parse_constant=_refuse)


def sweep(folder: Path, age: float = DAY) -> int:
    """Remove what killed writers left below ``folder``; younger files may belong to a living one.

    Args:
        folder: where to look.
        age: seconds since the last write.

    Returns:
        Number of files removed.
    """
    removed = 0
    for path in folder.rglob(f'.*{TEMPORARY}'):
        # Another process may sweep, or finish writing, at the same time.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > age:
                path.unlink()
                removed += 1
    return removed


def _refuse(constant: str) -> float:
    raise ValueError(f'{constant} is not JSON')
