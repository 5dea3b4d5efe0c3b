"""Why a source does not give the file: to be tried again, or not. The person only ever sees a UsageError."""

from __future__ import annotations


class Broken(Exception):
    """The transfer failed in a way that may pass; what has arrived is kept.

    Args:
        message: words on what happened, to be read after the name of the server.
        asked: seconds to wait that the server asked for.
    """

    def __init__(self, message: str, asked: float = 0.0) -> None:
        super().__init__(message)
        self.asked = asked


class Refused(Exception):
    """This source does not give the file; another one may."""
