"""Fetch a file once: from where it lies, from the cache, or from the first source that gives it whole."""

from __future__ import annotations

import logging
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

from zoo.errors import UsageError
from zoo.hub.download.addresses import Remote, locate, shown
from zoo.hub.download.cache import Place
from zoo.hub.download.failures import Refused
from zoo.hub.download.partial import Note, Partial, check_room, why_no_checkpoint
from zoo.hub.download.settings import Limits, mirrors, offline
from zoo.hub.download.weight_file import WeightFile, name_in_address, scheme_of
from zoo.hub.names import data_file
from zoo.io import file_hash

logger = logging.getLogger(__name__)


def fetch_weights(
    file: WeightFile,
    *,
    cache: Path | None = None,
    limits: Limits | None = None,
    verify: bool = False,
    again: bool = False,
) -> Path:
    """Return a local file, downloaded when it is not there yet.

    Where the publisher gives no SHA-256, the first download is remembered, and later ones must match it.

    Args:
        file: file of an entry of the index, or of an address (:meth:`WeightFile.of_address`).
        cache: root instead of ``$ZOO_HOME``.
        limits: patience and bounds.
        verify: read the content again even where it has not changed since it came.
        again: download it anew whatever is there, and forget what the first download taught; the file that is there
            stays until the new one is whole.

    Raises:
        UsageError: no source gives it whole (names each and why), the network is forbidden, or the disk is full.
    """
    failed: list[str] = []
    found = _in_repository(file, failed)
    if found is not None:
        return found
    place = Place(file, cache, again=again)
    if not again and place.holds(verify=verify):
        return place.path
    try:
        with place.locked(f'{file.file_name}: another process downloads it, waiting'):
            # Whoever held the lock before has most likely brought it.
            if again or not place.holds(verify=verify):
                _bring(place, limits or Limits(), failed)
            return place.path
    except OSError as error:
        raise UsageError(
            f'{file.file_name} cannot be written to {place.folder} ({error}): make room there, or set ZOO_HOME to '
            'another folder; what has arrived is kept'
        ) from error


def local_copy(file: WeightFile, cache: Path | None = None) -> Path | None:
    """Return where the file lies on this machine already, or None; no network is used.

    Raises:
        UsageError: the file cannot be read.
    """
    found = _in_repository(file, [])
    place = Place(file, cache)
    return found or (place.path if place.holds() else None)


def drop_outdated(file: WeightFile, cache: Path | None = None) -> None:
    """Forget the copy of a file of this machine that holds something else by now.

    Args:
        file: file with a ``file://`` source; nothing happens when it lies there no more.
        cache: root instead of ``$ZOO_HOME``.

    Raises:
        UsageError: it cannot be read.
    """
    place = Place(file, cache)
    memory = place.memory
    try:
        path = locate(file.sources[0])
        if memory and isinstance(path, Path) and path.is_file() and file_hash(path) != memory.sha256:
            place.forget()
    except (OSError, Refused) as error:
        raise UsageError(f'weights {file.sources[0]} cannot be read: {error}') from error


def _in_repository(file: WeightFile, failed: list[str]) -> Path | None:
    """The file in the repository or wheel, used where it lies; why not goes to ``failed``."""
    for source in file.sources:
        if scheme_of(source):
            continue
        path = data_file(source)
        if not path.is_file():
            failed.append(f'{path} is not there, fetch the repository again')
        elif file.sha256 and file_hash(path) != file.sha256:
            failed.append(f'{path} does not have the SHA-256 of the index, fetch the repository again')
        else:
            return path
    return None


def _bring(place: Place, limits: Limits, failed: list[str]) -> None:
    """Go through the sources."""
    file = place.file
    if place.again:
        Partial(place.path).clear()  # of the download that went wrong
    elif place.path.exists():
        logger.warning('%s is damaged: its SHA-256 has changed since it came; it is fetched again', place.path)
    for source in (*(f'{prefix}/{file.key}/{file.file_name}' for prefix in mirrors()), *file.sources):
        if not scheme_of(source):
            continue
        try:
            _from_source(place, source, limits)
            return
        except Refused as error:
            failed.append(f'{shown(source)} {error}')
    raise UsageError(f'{file.file_name} is not to be had: {"; ".join(failed)}')


def _from_source(place: Place, source: str, limits: Limits) -> None:
    """Transfer, check, give the name."""
    where, part = locate(source), Partial(place.path)
    if isinstance(where, Path):
        _copy(where, part, limits)
        _accept(place, part, source)
        return
    if forbidden := offline():
        raise Refused(f'may not be asked, {forbidden} is set: unset it, or put the file at {place.path}')
    if not _download(place, where, part, source, limits):
        # Old and new bytes did not belong together: once more, all from one hand.
        part.clear()
        _download(place, where, part, source, limits)
    _accept(place, part, source)


def _download(place: Place, where: Remote, part: Partial, source: str, limits: Limits) -> bool:
    """Transfer; False when the content is wrong and was put together from several transfers."""
    from zoo.hub.download.transfer import Transfer

    # What the first download taught counts as much as what the publisher says.
    transfer = Transfer(where, source, replace(place.file, sha256=place.expected), part, limits)
    transfer.run()
    return not (transfer.resumed and place.expected and file_hash(part.path) != place.expected)


def _copy(path: Path, part: Partial, limits: Limits) -> None:
    """Copy a file of this machine."""
    if not path.is_file():
        raise Refused('is not there')
    check_room(part.path.parent, path.stat().st_size, limits.spare_bytes)
    part.begin(Note())
    try:
        shutil.copyfile(path, part.path)
    except OSError as error:
        part.clear()
        if error.filename == str(path):
            raise Refused(f'cannot be read ({error.strerror})') from error
        raise


def _accept(place: Place, part: Partial, source: str) -> None:
    """Give the file its name if it is what it should be; else leave nothing behind."""
    file, expected, size = place.file, place.expected, part.size
    sha256 = file_hash(part.path)
    if file.bytes and size != file.bytes:
        part.clear()
        raise Refused(f'gives {size:,} bytes, the file has {file.bytes:,}')
    if not size or (not expected and (reason := why_no_checkpoint(part.path))):
        part.clear()
        raise Refused(f'{reason}: nothing of it is kept' if size else 'gives an empty file')
    if expected and sha256 != expected:
        part.clear()
        sums = f'SHA-256 {sha256[:16]}…, expected {expected[:16]}…'
        if file.sha256:
            raise Refused(f'gives another content ({sums}): nothing of it is kept')
        raise Refused(
            f'gives another content than at the first download ({sums}): if that one was broken, or the publisher has '
            f'changed the file and you trust that, fetch it anew with {_anew(file)}'
        )
    part.finish(place.path)
    place.remember(sha256, shown(source))
    if not expected:
        logger.warning(
            '%s: the publisher gives no SHA-256; that of this first download, %s…, is remembered in %s and later '
            'ones must match it',
            *(file.file_name, sha256[:16], place.note),
        )


def _anew(file: WeightFile) -> str:
    """The command that downloads a file anew and forgets what was remembered of it."""
    address = file.sources[0]
    if file.format:
        return f'python tools/download.py {file.name} --again'
    if file.name != name_in_address(address):
        return 'fetch_weights(..., again=True)'
    # A signature behind the path is no part of messages, but the file is found by the whole address.
    given = shlex.quote(address) if shown(address) == address else 'ADDRESS'
    return f'python tools/download.py {given} --again'
