"""The files that a mesh file names: materials, textures, buffers."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path

LARGEST = 256 << 20
"""Bytes of the largest file that is read at the word of another one."""

MOST = 1 << 30
"""Bytes of all of them."""


class Beside:
    """Looks up files by the names that other files give them, as trimesh's loaders ask for them.

    Names come from strangers: backslashes, folders of another computer, texture options in front. A name is tried as it
    stands, then its last part alone.

    Args:
        read: Function from a path relative to the mesh to the content; raises ``OSError`` where there is none.

    Attributes:
        taken: Paths that were read, in the order of reading, as keys.
        missing: Paths that were asked for and are not there, as keys.
    """

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self.taken: dict[str, None] = {}
        self.missing: dict[str, None] = {}
        self._known: dict[str, bytes] = {}
        self._left = MOST

    def get(self, name: str) -> bytes:
        """Return the content of the first candidate that exists.

        Raises:
            FileNotFoundError: None does.
            PermissionError: It does, and may not be read.
            ValueError: All that was read is too much together.
        """
        for candidate in _candidates(name):
            try:
                return self.exact(candidate)
            except FileNotFoundError:
                continue
        raise FileNotFoundError(f'{name} is not there')

    def exact(self, path: str) -> bytes:
        """Return the content of a path as it stands, for formats that say where to look.

        Raises:
            FileNotFoundError: It is not there, or lies too far away.
            PermissionError: It may not be read.
            ValueError: All that was read is too much together.
        """
        if path not in self._known:
            try:
                content = self._read(path)
            except PermissionError:  # it is there: without it the mesh would be another one
                raise
            except (OSError, ValueError, KeyError) as error:
                self.missing[path] = None
                raise FileNotFoundError(f'{path} is not there') from error
            self._left -= len(content)
            if self._left < 0:
                raise ValueError(f'it names files of more than {MOST} bytes')
            self._known[path] = content
            self.taken[path] = None
        return self._known[path]

    __getitem__ = get


def _candidates(name: str) -> Iterator[str]:
    """Yield the paths that a name may mean."""
    plain = name.strip().strip('"').replace('\\', '/')
    if not plain or '\0' in plain:
        return
    tried = [plain, posixpath.basename(plain)]
    if plain.startswith('-'):  # options of a texture, like -s 1 1 1 wood.png
        tried += [plain.split()[-1], posixpath.basename(plain.split()[-1])]
    for path in dict.fromkeys(tried):
        if path and not path.startswith('/') and ':' not in path:
            yield posixpath.normpath(path)


def folder_files(folder: Path) -> Beside:
    """Look files up in a folder, its subfolders, and the folders next to it; nothing farther away is read."""
    bound = folder.resolve().parent

    def read(name: str) -> bytes:
        path = (folder / name).resolve()
        if not path.is_relative_to(bound) or not path.is_file() or path.stat().st_size > LARGEST:
            raise FileNotFoundError(name)
        return path.read_bytes()

    return Beside(read)
