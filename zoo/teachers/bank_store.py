"""Files of a feature bank: written atomically in parts, checked when read, safe beside other processes."""

from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from zoo.errors import UsageError
from zoo.io import reading, write_tensors
from zoo.tensors import read_safetensors

Tensors = dict[str, Tensor]

FORMAT = 1
"""Counts up when the meaning of the files changes; part of every key."""


def make_key(description: dict[str, Any]) -> str:
    """Return the SHA-256 of everything the features depend on."""
    text = json.dumps({'format': FORMAT, **description}, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


class BankStore:
    """One bank on disk: ``<name>-<key>.safetensors``, and while it is made a folder of finished parts.

    A file is used only when it carries the whole key and the checksum of its tensors. Anything else is reported and
    treated as absent.

    Args:
        folder: The cache.
        name: Begins the file name, for people.
        key: Key of ``make_key``.
    """

    def __init__(self, folder: Path, name: str, key: str) -> None:
        self.key = key
        self.path = folder / f'{name}-{key[:20]}.safetensors'
        self.parts = folder / f'{name}-{key[:20]}.parts'

    def read(self) -> Tensors | None:
        """Return the finished bank, or None."""
        return self._read(self.path)

    def read_part(self, start: int, stop: int) -> Tensor | None:
        """Return the features of inputs ``start`` to ``stop``, shape ``(stop - start, C)``, or None."""
        tensors = self._read(self._part(start, stop))
        return None if tensors is None else tensors['features']

    def write_part(self, start: int, stop: int, features: Tensor) -> None:
        """Keep the features of some inputs, shape ``(stop - start, C)``."""
        self._write(self._part(start, stop), {'features': features})

    def finish(self, tensors: Tensors) -> None:
        """Write the bank and remove its parts."""
        self._write(self.path, tensors)
        shutil.rmtree(self.parts, ignore_errors=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one process at a time compute this bank. The system frees the lock of a process that was killed."""
        from filelock import FileLock

        lock = FileLock(self.path.with_suffix('.lock'))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except NotImplementedError:
            pass  # a file system without locks: two processes do the same work, and each writes it whole
        except OSError as error:
            raise UsageError(f'{self.path.parent} cannot be written ({error}): set ZOO_HOME or cache_dir') from error
        try:
            yield
        finally:
            lock.release()

    def _part(self, start: int, stop: int) -> Path:
        """Return the file of a part."""
        return self.parts / f'{start:09d}-{stop:09d}.safetensors'

    def _read(self, path: Path) -> Tensors | None:
        """Return the tensors of a file that is what it says, or None."""
        try:
            with reading(path):
                path.open('rb').close()
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            tensors, found = read_safetensors(path)
        except UsageError as error:
            warnings.warn(f'{path} is damaged ({error}): its features are computed again', stacklevel=2)
            return None
        if found.get('key') != self.key or found.get('sha256') != _checksum(tensors):
            warnings.warn(f'{path} does not hold what it says: its features are computed again', stacklevel=2)
            return None
        return tensors

    def _write(self, path: Path, tensors: Tensors) -> None:
        """Write a file whole or not at all."""
        tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
        try:
            write_tensors(path, tensors, {'key': self.key, 'sha256': _checksum(tensors)})
        except OSError as error:
            raise UsageError(
                f'{path} cannot be written ({error.strerror}): make room, or set ZOO_HOME or cache_dir; '
                'finished parts are kept'
            ) from error


def _checksum(tensors: Tensors) -> str:
    """Return the SHA-256 of names, types, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f'{name} {tensor.dtype} {tuple(tensor.shape)}'.encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
