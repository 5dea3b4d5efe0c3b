"""Where the tests find reference data that is not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get('ZOO_SHARED', Path(__file__).resolve().parents[2] / 'shared'))


def shared_file(*parts: str) -> Path:
    """Path below the shared folder; skips the test when it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f'reference data {"/".join(parts)} not found; point ZOO_SHARED at the folder that holds it')
    return path
