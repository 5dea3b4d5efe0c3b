"""Errors whose message is meant for the person at the command line."""

from __future__ import annotations


class UsageError(Exception):
    """Wrong usage or missing input: one readable line that names the file or key and the way out.

    The command-line tools print the message without a traceback and leave with exit code 2.
    """


class UnreadableError(UsageError):
    """A file is there and cannot be read: no permission, a broken disk, too many open files.

    It may be whole and belong to somebody else, so what may be made again when it is damaged is left as it is here.
    """


class Diverged(UsageError):
    """A training whose numbers are no longer finite; the tools leave with exit code 1."""
