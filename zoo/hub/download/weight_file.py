"""What a download is asked for: a name, where it may be had, and what the publisher says of it."""

from __future__ import annotations

import hashlib
import re
import urllib.parse
from dataclasses import dataclass

from zoo.errors import UsageError

FORMATS = ('safetensors', 'pth')
SCHEMES = ('http', 'https', 'file', 'hf', 'gdrive')
LONGEST_NAME = 120
"""Characters of a file name: most file systems stop at 255 bytes, and endings are added to it."""

_NAME = re.compile(rf'[A-Za-z0-9][A-Za-z0-9._+-]{{0,{LONGEST_NAME - 1}}}(?<!\.)')
_DEVICE = re.compile(r'(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?', re.IGNORECASE)
_SHA256 = re.compile('[0-9a-f]{64}')


@dataclass(frozen=True)
class WeightFile:
    """One file of weights.

    Attributes:
        name: model name, or with an empty ``format`` the whole file name.
        sources: addresses, tried in order: ``weights/NAME.safetensors`` (in the repository or wheel),
            ``https://…``, ``http://…``, ``file:///…``, ``hf://OWNER/REPO/PATH[@REVISION]``, ``gdrive://ID``.
        sha256: 64 lower-case hexadecimal digits; empty where the publisher gives none.
        bytes: length of the file; 0 where it is not known.
        format: ``safetensors``, ``pth`` (a foreign checkpoint, read with ``weights_only``), or empty.

    Raises:
        UsageError: the name could leave the cache folder, or another field makes no sense.
    """

    name: str
    sources: tuple[str, ...]
    sha256: str = ''
    bytes: int = 0
    format: str = 'safetensors'

    def __post_init__(self) -> None:
        if self.format and self.format not in FORMATS:
            raise UsageError(f'format {self.format!r:.60} of weights: choose one of {", ".join(FORMATS)}')
        if not isinstance(self.name, str) or not is_safe_name(self.file_name):
            raise UsageError(
                f'{self.name!r:.60} is no name for a file of weights: letters, digits and . _ + - only, '
                f'at most {LONGEST_NAME} of them, a letter or digit first'
            )
        if self.sha256 and not (isinstance(self.sha256, str) and _SHA256.fullmatch(self.sha256)):
            raise UsageError(f'sha256 of {self.name} is {self.sha256!r:.80}: expected 64 lower-case hexadecimal digits')
        if not isinstance(self.bytes, int) or isinstance(self.bytes, bool) or self.bytes < 0:
            raise UsageError(f'bytes of {self.name} are {self.bytes!r:.60}: expected the length of the file, or 0')
        if not isinstance(self.sources, tuple) or not self.sources:
            raise UsageError(f'{self.name} has no source: name an address, or a path in the repository')
        for source in self.sources:
            _check_source(source, self.name)

    @classmethod
    def of_address(cls, address: str) -> WeightFile:
        """Return the file of an address that a person gave.

        Raises:
            UsageError: it is no address.
        """
        return cls(name_in_address(address), (address,), format='')

    @property
    def file_name(self) -> str:
        """Name of the file in the cache."""
        return f'{self.name}.{self.format}' if self.format else self.name

    @property
    def key(self) -> str:
        """Folder of the file in the cache: begins the SHA-256 of its content, else that of its first source."""
        return (self.sha256 or hashlib.sha256(self.sources[0].encode('utf-8', 'surrogatepass')).hexdigest())[:16]


def is_safe_name(name: str) -> bool:
    """Whether a name is one plain file on every system: no separator, drive, device, blank or control character."""
    return _NAME.fullmatch(name) is not None and _DEVICE.fullmatch(name) is None


def name_in_address(address: str) -> str:
    """Return a safe file name made of the last part of an address."""
    path = urllib.parse.urlsplit(address).path if '://' in address else address
    last = urllib.parse.unquote(path.rstrip('/').rpartition('/')[2]) or 'weights'
    name = re.sub('[^A-Za-z0-9._+-]', '_', last)[-LONGEST_NAME:].lstrip('._+-').rstrip('.')
    return name if is_safe_name(name) else f'weights_{name}'[:LONGEST_NAME].rstrip('.')


def scheme_of(source: str) -> str:
    """Return the scheme of a source in lower case, or nothing for a path in the repository."""
    return source.partition('://')[0].lower() if '://' in source else ''


def _check_source(source: str, name: str) -> None:
    """Refuse what is neither an address nor a path inside the repository."""
    if not isinstance(source, str) or not source.isprintable() or not source.strip():
        raise UsageError(f'source {source!r:.80} of {name}: expected an address or a path in the repository')
    if (scheme := scheme_of(source)) and scheme not in SCHEMES:
        raise UsageError(f'source {source:.80} of {name}: choose one of {", ".join(f"{s}://" for s in SCHEMES)}')
    parts = source.split('/')
    if not scheme and ('..' in parts or not parts[0] or '\\' in source or ':' in source):
        raise UsageError(f'source {source:.80} of {name} leaves the repository: expected a path such as weights/FILE')
