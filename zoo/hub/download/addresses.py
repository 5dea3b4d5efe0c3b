"""Where a source leads: an address to ask, or a file of this machine."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from zoo.hub.download.failures import Refused
from zoo.hub.download.settings import hub_endpoint
from zoo.hub.download.weight_file import scheme_of

DRIVE = 'https://drive.usercontent.google.com/download?export=download&confirm=t&id='
"""Google Drive's address for the content of a public file, the question about viruses answered."""

_PART = re.compile(r'[\w.+-]+')


@dataclass(frozen=True)
class Remote:
    """An http(s) address.

    Attributes:
        url: address to ask.
        drive_id: id of a file on Google Drive, whose pages need an answer; else empty.
    """

    url: str
    drive_id: str = ''


def locate(source: str) -> Remote | Path:
    """Return where a source with a scheme leads.

    Raises:
        Refused: it is malformed.
    """
    scheme, rest = scheme_of(source), source.partition('://')[2]
    if scheme == 'file':
        return _local(source)
    if scheme == 'hf':
        return Remote(_hub_address(rest))
    if scheme == 'gdrive':
        if not re.fullmatch(r'[\w-]{10,128}', rest):
            raise Refused('is not gdrive://ID')
        return Remote(DRIVE + rest, rest)
    return Remote(source)


def shown(source: str) -> str:
    """Return a source for messages, without a password or a signature that an address may carry."""
    if scheme_of(source) not in ('http', 'https'):
        return source
    address = source.partition('?')[0].partition('#')[0]
    scheme, _, rest = address.partition('://')
    host, slash, path = rest.partition('/')
    return f'{scheme}://{host.rpartition("@")[2]}{slash}{path}'


def _local(source: str) -> Path:
    """Path of a ``file://`` address."""
    try:
        parts = urllib.parse.urlsplit(source)
    except ValueError as error:
        raise Refused(f'is malformed ({error})') from error
    if parts.netloc not in ('', 'localhost'):
        raise Refused(f'names the machine {parts.netloc}: write file:///PATH with three strokes')
    path = urllib.request.url2pathname(parts.path)
    if '\0' in path or not path:
        raise Refused('is no path')
    return Path(path)


def _hub_address(rest: str) -> str:
    """Address of ``OWNER/REPO/PATH[@REVISION]``."""
    path, _, revision = rest.partition('@')
    parts = path.split('/')
    # A revision may be refs/pr/1: it is one part of the address.
    every = [*parts, *revision.split('/')] if revision else parts
    if len(parts) < 3 or not all(_PART.fullmatch(part) and part.strip('.') for part in every):
        raise Refused('is not hf://OWNER/REPO/PATH[@REVISION]')
    owner, name, *inside = (urllib.parse.quote(part) for part in parts)
    return (
        f'{hub_endpoint()}/{owner}/{name}/resolve/{urllib.parse.quote(revision or "main", safe="")}/{"/".join(inside)}'
    )
