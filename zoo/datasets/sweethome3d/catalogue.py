"""Furniture catalogues of Sweet Home 3D: zip files with a table, models and icons."""

from __future__ import annotations

import functools
import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from zoo.datasets.meshes.beside import LARGEST, Beside
from zoo.errors import UsageError

_TABLE = re.compile(r'(?:^|/)(?:Plugin|Default|Additional|Contributed)FurnitureCatalog\.properties$')
_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|.)', re.DOTALL)
_ESCAPED = {'t': '\t', 'n': '\n', 'r': '\r', 'f': '\f'}

UNIT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Entry:
    """A piece of furniture, as the table has it.

    Attributes:
        id: Unique name.
        name: Name in English.
        category: One of the rooms and other groups of the catalogue.
        tags: Further words.
        creator: Who made the model; empty where the table does not say.
        licence: Licence that the table states of this piece alone; mostly empty.
        size_cm: Width, depth and height.
        rotation: Rows of the matrix that turns the model upright and to the front.
        model: Path of the model in the archive.
        icon: Path of the icon in the archive.
    """

    id: str
    name: str
    category: str
    tags: tuple[str, ...]
    creator: str
    licence: str
    size_cm: tuple[float, float, float]
    rotation: tuple[float, ...]
    model: str
    icon: str


class Archive:
    """A catalogue file. Members are read into memory, and only up to a size; nothing is unpacked to disk.

    Args:
        file: Its path or its content.
        name: Its name in messages.

    Raises:
        UsageError: It is no zip file.
    """

    def __init__(self, file: Path | bytes, name: str) -> None:
        self.name = name
        try:
            self._zip = zipfile.ZipFile(file if isinstance(file, Path) else io.BytesIO(file))
        except (OSError, zipfile.BadZipFile) as error:
            raise UsageError(f'{self.name} cannot be read as a zip file ({error}): fetch it again') from error
        self._names = {name.lower(): name for name in self._zip.namelist()}

    def read(self, member: str) -> bytes:
        """Return the content of a member, whose name may differ in capitals.

        Raises:
            FileNotFoundError: There is none, or it is too large.
            UsageError: It is damaged.
        """
        name = self._names.get(posixpath.normpath(member.lstrip('/')).lower())
        if name is None or self._zip.getinfo(name).file_size > LARGEST:
            raise FileNotFoundError(f'{self.name} has no {member} that could be read')
        try:
            with self._zip.open(name) as file:
                content = file.read(LARGEST + 1)
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
            raise UsageError(f'{self.name}: {member} is damaged ({error}): fetch it again') from error
        if len(content) > LARGEST:
            raise UsageError(f'{self.name}: {member} is larger than it says: fetch it again')
        return content

    def tables(self) -> list[str]:
        """Return the tables of furniture in the archive."""
        return sorted(name for name in self._names.values() if _TABLE.search(name))

    def model(self, member: str) -> tuple[bytes, str, Beside]:
        """Return the content of a model, the ending of its file, and what lies beside it.

        Raises:
            FileNotFoundError: It is not there.
            UsageError: It is damaged.
        """
        content = self.read(member)
        if member.lower().endswith('.zip'):
            inner = Archive(content, f'{self.name}: {member}')
            objects = sorted(name for name in inner._names.values() if name.lower().endswith('.obj'))
            if not objects:
                raise FileNotFoundError(f'{inner.name} has no OBJ file')
            return inner.model(objects[0])
        folder = posixpath.dirname(member.lstrip('/'))
        return content, PurePosixPath(member).suffix, Beside(lambda name: self.read(posixpath.join(folder, name)))

    @functools.cached_property
    def materials(self) -> str:
        """The colors that Sweet Home 3D gives to materials which a model names without saying what they are.

        The program keeps them as text in one of its classes; empty for an archive without the program.
        """
        loader = next((name for name in self._names.values() if name.endswith('/j3d/OBJLoader.class')), None)
        if loader is None:
            return ''
        code = self.read(loader)
        start = code.find(b'newmtl ')
        if start < 3 or code[start - 3] != 1:  # 1 tells a constant text, whose length follows
            return ''
        return code[start : start + int.from_bytes(code[start - 2 : start], 'big')].decode('utf-8', errors='replace')


def read_entries(archive: Archive, table: str) -> tuple[dict[str, str], list[Entry]]:
    """Return what a table says of the catalogue, and its pieces in the order of their numbers.

    Raises:
        UsageError: A piece lacks something, or has a size that is no number.
    """
    values = parse_properties(archive.read(table))
    numbers = sorted({int(match[1]) for key in values if (match := re.fullmatch(r'model#(\d+)', key))})
    entries = [
        _entry(values, number, f'{archive.name}: {table}')
        for number in numbers
        if values.get(f'ignored#{number}') != 'true'
    ]
    return {key: value for key, value in values.items() if '#' not in key}, entries


def _entry(values: dict[str, str], number: int, where: str) -> Entry:
    def get(key: str, default: str | None = None) -> str:
        value = values.get(f'{key}#{number}', default)
        if value is None:
            raise UsageError(f'{where} has no {key}#{number}: fetch it again')
        return value.strip()

    def floats(key: str, text: str, count: int) -> tuple[float, ...]:
        try:
            row = tuple(float(word) for word in text.split())
        except ValueError:
            row = ()
        if len(row) != count:
            raise UsageError(f'{where} has {text!r} for {key}#{number}, expected {count} numbers: fetch it again')
        return row

    width, depth, height = (floats(key, get(key), 1)[0] for key in ('width', 'depth', 'height'))
    rotation = get('modelRotation', '')
    tags = tuple(tag.strip() for tag in get('tags', '').split(',') if tag.strip())
    model = get('model')
    return Entry(
        id=get('id', model),
        name=get('name'),
        category=get('category'),
        tags=tags,
        creator=get('creator', ''),
        licence=get('license', ''),
        size_cm=(width, depth, height),
        rotation=floats('modelRotation', rotation, 9) if rotation else UNIT,
        model=model,
        icon=get('icon', ''),
    )


def parse_properties(content: bytes) -> dict[str, str]:
    """Read a Java properties file: UTF-8 where it is, else Latin-1, with escapes and continued lines."""
    try:
        text = content.decode('utf-8')
    except UnicodeDecodeError:
        text = content.decode('latin-1')
    values, pending = {}, ''
    for line in re.split(r'\r\n|\r|\n', text):
        line = pending + line.lstrip(' \t\f')
        pending = ''
        if not line or line[0] in '#!':
            continue
        if (len(line) - len(line.rstrip('\\'))) % 2:
            pending = line[:-1]
            continue
        match = re.match(r'((?:\\.|[^\\ \t\f=:])*)[ \t\f]*[=:]?[ \t\f]*(.*)', line, re.DOTALL)
        if match:
            values[_unescaped(match[1])] = _unescaped(match[2])
    return values


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        word = match[1]
        return chr(int(word[1:], 16)) if len(word) == 5 else _ESCAPED.get(word, word)

    return _ESCAPE.sub(one, text)
