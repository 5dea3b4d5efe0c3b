"""How patient and how generous a download is, and what the environment says of it."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass

from zoo.compat import expand

FALSE = {'', '0', 'false', 'no', 'off'}


@dataclass(frozen=True)
class Limits:
    """Bounds of a transfer; times in seconds.

    Attributes:
        attempts: failures in a row after which a source is given up; one that brought ``progress`` starts a new row.
        connect: seconds to reach the server.
        read: without a single byte from the server.
        wait: before the second attempt; doubles each time.
        longest_wait: between two attempts.
        window: seconds over which the speed is judged.
        slowest: bytes per second below which a server counts as stuck.
        progress: bytes that make an attempt worth another row.
        redirects: followed before the server counts as running in a circle.
        most_bytes: a file of unknown length may have.
        spare_bytes: of the disk that stay free.
    """

    attempts: int = 5
    connect: float = 10.0
    read: float = 30.0
    wait: float = 0.5
    longest_wait: float = 30.0
    window: float = 60.0
    slowest: float = 1024.0
    progress: int = 1 << 20
    redirects: int = 10
    most_bytes: int = 8 << 30
    spare_bytes: int = 16 << 20

    def pause(self, failures: int, asked: float = 0.0) -> float:
        """Return the seconds to wait after so many failures; random, lest many clients return at once.

        Args:
            failures: number of failures in a row, at least 1.
            asked: seconds the server asked for.
        """
        doubled = self.wait * 2.0 ** min(failures - 1, 30)
        return min(self.longest_wait, max(asked, doubled * random.uniform(0.5, 1.0)))


def offline() -> str:
    """Return the variable that forbids the network, ``ZOO_OFFLINE`` or ``HF_HUB_OFFLINE``, or nothing."""
    names = ('ZOO_OFFLINE', 'HF_HUB_OFFLINE')
    return next((name for name in names if os.environ.get(name, '').strip().lower() not in FALSE), '')


def mirrors() -> tuple[str, ...]:
    """Return the prefixes of ``$ZOO_MIRROR``, several separated by blanks; asked before a file's own sources.

    A prefix is an address or a folder, with the layout of the cache: ``PREFIX/KEY/NAME`` for
    ``$ZOO_HOME/weights/KEY/NAME``.
    """
    prefixes = (prefix.rstrip('/') for prefix in os.environ.get('ZOO_MIRROR', '').split())
    return tuple(prefix if '://' in prefix else expand(prefix).absolute().as_uri() for prefix in prefixes)


def hub_endpoint() -> str:
    """Return the address of the Hugging Face hub: ``$HF_ENDPOINT``, else the public one."""
    return (os.environ.get('HF_ENDPOINT') or 'https://huggingface.co').rstrip('/')
