"""Files of arrays: where they are looked for, how they are opened, what identifies their content."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from zoo.arrays import load_npz
from zoo.compat import data_root, expand
from zoo.errors import UsageError
from zoo.io import from_json


def resolve(path: str | Path) -> Path:
    """Return an absolute path as it is, and any other as a path under the data root."""
    return data_root() / expand(path)


def content_hash(*parts: np.ndarray | str) -> str:
    """Return the SHA-256 of arrays (type, shape and values) and texts, in the given order, as a hex digest."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(f'text {len(part.encode())} {part}'.encode())
        else:
            digest.update(f'array {part.dtype} {part.shape}'.encode())
            digest.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises:
        UsageError: It is missing, or no JSON.
    """
    where = resolve(path)
    try:
        return from_json(where.read_text(encoding='utf-8'))
    except FileNotFoundError as error:
        raise UsageError(f'{where} is missing: give an absolute path, or one relative to $ZOO_DATA') from error
    except (OSError, ValueError) as error:
        raise UsageError(f'{where} cannot be read as JSON ({error}): fetch it again') from error


class Archive:
    """An .npz file whose arrays are read one by one; pickled objects are refused.

    Args:
        path: Absolute, or relative to the data root.

    Raises:
        UsageError: The file is missing or no .npz archive.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = resolve(path)
        if not self.path.is_file():
            raise UsageError(f'{self.path} is missing: give an absolute path, or one relative to $ZOO_DATA')
        try:
            self._file = load_npz(self.path)
            self.keys: list[str] = list(self._file.files)
        except (OSError, ValueError, AttributeError, EOFError, zipfile.BadZipFile) as error:
            raise UsageError(
                f'{self.path} is not a readable .npz archive ({error!s:.100}): make or fetch it again'
            ) from error

    def __contains__(self, key: str) -> bool:
        return key in self.keys

    def array(self, key: str) -> np.ndarray:
        """Read one array into memory.

        Raises:
            UsageError: The archive has no such array, or it is damaged or pickled.
        """
        if key not in self:
            raise UsageError(f'{self.path} has no array {key!r}; it has {", ".join(self.keys)}')
        try:
            return self._file[key]
        except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise UsageError(f'{self.path}: array {key!r} cannot be read ({error}): make or fetch it again') from error
