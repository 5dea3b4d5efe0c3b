"""What the headers of an answer promise, held against what was asked for and what is known."""

from __future__ import annotations

import re

import httpx

from zoo.hub.download.connection import check_status, is_html
from zoo.hub.download.failures import Broken, Refused
from zoo.hub.download.partial import Note
from zoo.hub.download.settings import Limits
from zoo.hub.download.weight_file import WeightFile

PAGE = 'answers with a web page instead of the file'
LONGEST_VALIDATOR = 500
_RANGE = re.compile(r'bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)')


def read_promise(
    response: httpx.Response, file: WeightFile, source: str, have: int, old: Note, limits: Limits
) -> tuple[int, Note]:
    """Offset of the first byte that is to come, 0 to begin anew, and the note of the whole file.

    Args:
        response: not yet read.
        file: wanted file.
        source: address that was asked.
        have: bytes that have arrived, the request having asked for those behind them; 0 when it asked for all.
        old: note of those bytes.
        limits: the greatest length.

    Raises:
        Broken: what has arrived belongs to another version of the file, and has to be thrown away.
        Refused: this is not the file.
    """
    if response.status_code == 416 and have:
        raise Broken('has less than what had arrived, or another file')
    check_status(response)
    if is_html(response):
        raise Refused(PAGE)
    if (coding := response.headers.get('content-encoding', 'identity').lower()) not in ('identity', ''):
        raise Refused(f'sends the file packed as {coding:.40}, which was not asked for')
    if response.status_code == 206:
        start, total = _range(response, have)
    else:
        length = response.headers.get('content-length', '')
        start, total = 0, int(length) if length.isdecimal() else 0
    _check_length(response, file, total, limits)
    validator = _validator(response)
    # A date is only compared where the server gave one for the first part too.
    if start and old.source == source and old.validator and validator and validator != old.validator:
        raise Broken('has changed the file meanwhile')
    if start and old.source == source and old.total and total and total != old.total:
        raise Broken('has changed the file meanwhile')
    return start, Note(source, validator, total)


def _range(response: httpx.Response, have: int) -> tuple[int, int]:
    """First byte and length of the whole."""
    found = _RANGE.fullmatch(response.headers.get('content-range', '').strip())
    if found is None or not have or int(found[1]) != have:
        raise Broken('answers with another range than the one asked for')
    # It may end before the file does: the next attempt asks for the rest.
    return have, 0 if found[2] == '*' else int(found[2])


def _check_length(response: httpx.Response, file: WeightFile, total: int, limits: Limits) -> None:
    """Check the announced length."""
    if file.bytes and total and total != file.bytes:
        raise Refused(f'announces {total:,} bytes, the file has {file.bytes:,}')
    if total > (file.bytes or limits.most_bytes):
        raise Refused(f'announces {total:,} bytes, at most {limits.most_bytes:,} are accepted')
    ends = 'chunked' in response.headers.get('transfer-encoding', '').lower() or response.http_version == 'HTTP/2'
    if not (total or ends or file.bytes or file.sha256 or response.headers.get('content-length') == '0'):
        raise Refused('does not say how long the file is, and the publisher gives no SHA-256 to tell a broken one by')


def _validator(response: httpx.Response) -> str:
    """Strong ETag, else the date of the last change, else nothing."""
    etag = response.headers.get('etag', '')
    if etag and not etag.startswith('"'):
        return ''
    validator = etag or response.headers.get('last-modified', '')
    # It is sent back as it came, which other letters would not survive.
    return validator if validator.isascii() and len(validator) <= LONGEST_VALIDATOR else ''
