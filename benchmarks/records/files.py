"""What the harness writes and reads back: notes in JSON and arrays, each with a seal that tells whether it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.arrays import load_npy
from zoo.io import from_json, write_whole

SEAL = 'seal'
"""Name of the seal in a note."""


def to_text(data: Any) -> str:
    """JSON with sorted keys, one setting a line.

    Raises:
        ValueError: NaN or infinity, which JSON does not know.
    """
    return json.dumps(data, indent=1, sort_keys=True, allow_nan=False)


def from_text(text: str) -> Any:
    """Read JSON.

    Raises:
        ValueError: not JSON, or nested too deeply; NaN and infinity are not JSON.
    """
    return from_json(text, parse_constant=_refuse)


def write_note(path: Path, data: Mapping[str, Any]) -> None:
    """Write a note that :func:`read_note` takes for what it is.

    Raises:
        ValueError: NaN or infinity.
        OSError: it cannot be written.
    """
    write_whole(path, to_text({**data, SEAL: _seal(path, to_text(data).encode())}))


def read_note(path: Path) -> dict[str, Any]:
    """What :func:`write_note` wrote there.

    Raises:
        FileNotFoundError: there is none.
        OSError: it cannot be read.
        ValueError: it is no longer what was written, or is of another place.
    """
    data = from_text(path.read_text(encoding='utf-8'))
    seal = data.pop(SEAL, '') if isinstance(data, dict) else ''
    if not seal or seal != _seal(path, to_text(data).encode()):
        raise ValueError('it is not what was written there')
    note: dict[str, Any] = data
    return note


def write_array(path: Path, content: NDArray[Any]) -> None:
    """Write an array that :func:`read_array` takes for what it is.

    Raises:
        OSError: it cannot be written.
    """
    content = np.ascontiguousarray(content)

    def write(file: Any) -> None:
        np.save(file, content, allow_pickle=False)
        file.write(_array_seal(path, content))  # numpy reads no further than the array

    write_whole(path, write)


def read_array(path: Path) -> NDArray[Any]:
    """What :func:`write_array` wrote there.

    Raises:
        FileNotFoundError: there is none.
        OSError: it cannot be read.
        ValueError: it is no longer what was written, or is of another place.
    """
    with path.open('rb') as file:
        try:
            content = load_npy(file)
        except Exception as error:  # whatever a broken header makes of numpy
            raise ValueError(f'it is no array ({" ".join(str(error).split())[:80]})') from error
        if file.read() != _array_seal(path, content):
            raise ValueError('it is not what was written there')
    return content


def _array_seal(path: Path, content: NDArray[Any]) -> bytes:
    """Seal of an array."""
    about = f'{content.dtype.str} {content.shape} '
    return _seal(path, about.encode(), content.reshape(-1).view(np.uint8).data).encode()


def _seal(path: Path, *parts: bytes | memoryview) -> str:
    """Digest of a content and of the place of the file in the folder of results, which may be moved as a whole."""
    total = hashlib.sha256(f'{path.parent.name}/{path.name} '.encode())
    for part in parts:
        total.update(part)
    return total.hexdigest()


def _refuse(constant: str) -> float:
    raise ValueError(f'{constant} is not JSON')
