"""Another user of this machine."""

from __future__ import annotations

import contextlib
import os

import pytest


class User:
    """Acts as somebody without rights while it is entered; needs those of root."""

    id = 65534
    group = 65533

    @contextlib.contextmanager
    def __call__(self):
        groups = os.getgroups()
        os.setgroups([self.group])
        os.setegid(self.id)
        os.seteuid(self.id)
        try:
            yield
        finally:
            os.seteuid(0)
            os.setegid(0)
            os.setgroups(groups)


@pytest.fixture
def another_user(tmp_path):
    if os.geteuid():
        pytest.skip('to act as another user takes the rights of root')
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(folder.stat().st_mode | 0o055)  # of pytest, below the temporary folder
        if folder.name.startswith('pytest-of-'):
            break
    return User()
