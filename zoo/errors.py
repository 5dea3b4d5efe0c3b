"""Errors whose message is meant for the person at the command line."""

from __future__ import annotations


class UsageError(Exception):
    """Wrong usage or missing input: one readable line that names the file or key and the way out.

    The command-line tools print the message without a traceback and leave with exit code 2.
    """
