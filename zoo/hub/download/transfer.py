"""One address into one partial file: goes on where it broke off, tries again, gives up with one line."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial as bound

import httpx
from tqdm import tqdm

from zoo.hub.download.addresses import Remote
from zoo.hub.download.answer import PAGE, read_promise
from zoo.hub.download.connection import in_words, new_client, opened
from zoo.hub.download.drive import confirmed_address
from zoo.hub.download.failures import Broken, Refused
from zoo.hub.download.partial import HEAD, Note, Partial, check_room, is_page
from zoo.hub.download.settings import Limits
from zoo.hub.download.weight_file import WeightFile


class Transfer:
    """Brings the content of an address into a partial file. What it holds at the end is complete, not yet checked.

    Args:
        remote: address to ask.
        source: the address as the index spells it.
        file: wanted file.
        part: file that it goes to; nobody else may write it.
        limits: numbers of attempts and waits.
    """

    def __init__(self, remote: Remote, source: str, file: WeightFile, part: Partial, limits: Limits) -> None:
        self.remote, self.source, self.file, self.part, self.limits = remote, source, file, part, limits
        self.resumed = False
        """Whether some of the content came in an earlier transfer."""

    def run(self) -> None:
        """Transfer until all of it is there.

        Raises:
            Refused: the source does not give the file, or failed too often in a row. What can be gone on with is kept.
            UsageError: the disk is full.
        """
        failures, best = 0, self.part.size
        with new_client(self.limits) as client:
            while True:
                try:
                    self._attempt(client)
                    return
                except Broken as error:
                    failures = 1 if self.part.size >= best + self.limits.progress else failures + 1
                    best = max(best, self.part.size)
                    if failures >= self.limits.attempts:
                        raise Refused(f'{error}; gave up after {failures} attempts') from error
                    time.sleep(self.limits.pause(failures, error.asked))

    def _attempt(self, client: httpx.Client) -> None:
        """Ask once for what is missing."""
        have, note = self._kept()
        if have and have in (self.file.bytes, note.total):
            self.resumed = True
            return
        headers = {'Range': f'bytes={have}-'} if have else {}
        if have and note.validator and note.source == self.source:
            headers['If-Range'] = note.validator
        page = bound(confirmed_address, drive_id=self.remote.drive_id) if self.remote.drive_id else None
        with (
            in_words(self.limits, self._arrived),
            opened(client, self.remote.url, headers, self.limits, page) as response,
        ):
            try:
                start, note = read_promise(response, self.file, self.source, have, note, self.limits)
            except Broken:
                if response.status_code in (206, 416):
                    self.part.clear()
                raise
            self.resumed = bool(start)
            if not start:
                self.part.begin(note)
            self._write(response.iter_raw(), start, note.total or self.file.bytes)

    def _kept(self) -> tuple[int, Note]:
        """Bytes that can be gone on with, and their note.

        Without a validator nobody can tell whether the file is still the same: then only a known SHA-256 allows it,
        which finds out at the end. It also allows to go on at another mirror.
        """
        have, note = self.part.size, self.part.note
        same = note.source == self.source and bool(note.validator)
        too_many = have > (self.file.bytes or note.total or have)
        if have and (too_many or not (same or self.file.sha256)):
            self.part.clear()
            return 0, Note()
        return have, note

    def _write(self, blocks: Iterable[bytes], start: int, total: int) -> None:
        """Append what comes, watching length, speed and kind.

        Args:
            blocks: bytes as they arrive.
            start: offset of the first.
            total: bytes of the whole file, or 0.
        """
        check_room(self.part.path.parent, max(total - start, 0), self.limits.spare_bytes)
        most = total or self.limits.most_bytes
        size, clock, counted = start, time.monotonic(), start
        progress = tqdm(
            total=total or None,
            initial=start,
            desc=self.file.file_name,
            unit='B',
            unit_scale=True,
            leave=False,
            disable=None,  # only where someone looks on
        )
        with self.part.path.open('ab', buffering=0) as out, progress:
            for block in blocks:
                out.write(block)
                size += len(block)
                progress.update(len(block))
                if size <= HEAD + len(block) and is_page(self.part.head()):
                    self.part.clear()
                    raise Refused(PAGE)
                if size > most:
                    self.part.clear()
                    raise Refused(f'sends more than {most:,} bytes')
                past = time.monotonic() - clock
                if past >= self.limits.window:
                    if size - counted < self.limits.slowest * past:
                        raise Broken(f'sent only {size - counted:,} bytes in {past:.0f} s, {self._arrived()}')
                    clock, counted = time.monotonic(), size
        if total and size < total:
            raise Broken(f'broke off, {self._arrived()}')

    def _arrived(self) -> str:
        """How much has come, in words."""
        total = self.part.note.total or self.file.bytes
        return (
            f'{self.part.size:,} of {total:,} bytes have arrived' if total else f'{self.part.size:,} bytes have arrived'
        )
