"""What can be downloaded, what is here, and all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tabulate import tabulate

from zoo.errors import UsageError
from zoo.hub.download.fetch import fetch_weights, local_copy
from zoo.hub.download.weight_file import WeightFile, scheme_of


def overview(files: Iterable[WeightFile]) -> str:
    """Return a table of files: name, size, whether a SHA-256 is published, and where they are."""
    rows = [
        {
            'NAME': file.name,
            'MB': f'{file.bytes / 1e6:.1f}' if file.bytes else 'not known',
            'SHA-256': file.sha256[:12] or 'not published',
            'WHERE': local_copy(file) or f'to download ({scheme_of(file.sources[0]) or "not in this checkout"})',
        }
        for file in files
    ]
    return tabulate(rows, headers='keys', tablefmt='plain', disable_numparse=True)


def fetch_all(
    files: Iterable[WeightFile], *, verify: bool = False, again: bool = False
) -> tuple[list[Path], list[str]]:
    """Fetch every file; one that fails does not stop the others.

    Args:
        files: wanted files.
        verify: whether files are read again, see :func:`zoo.hub.download.fetch_weights`.
        again: likewise.

    Returns:
        The local files, and one line on each that failed.
    """
    paths, failed = [], []
    for file in files:
        try:
            paths.append(fetch_weights(file, verify=verify, again=again))
        except UsageError as error:
            failed.append(str(error))
    return paths, failed
