"""Tests see no network and leave nothing in the cache of the user."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import Any

import pytest
import torch

LOCAL = ('127.', '::1', 'localhost', '0.0.0.0')

# Before anything of ours is imported: the hub client reads its switch at import, and child processes inherit all.
os.environ['HF_HUB_OFFLINE'] = '1'
_home = tempfile.TemporaryDirectory(prefix='recon-zoo-tests-')
os.environ['ZOO_HOME'] = _home.name
os.environ.pop('ZOO_DATA', None)
if not torch.cuda.is_available():
    os.environ['TRITON_INTERPRET'] = '1'  # Triton asks when it is imported


def _refuse_network(event: str, args: tuple[Any, ...]) -> None:
    """Raise on a connection that leaves this machine; processes of one distributed test may talk to each other."""
    if event == 'socket.connect' and isinstance(args[1], tuple) and not str(args[1][0]).startswith(LOCAL):
        raise PermissionError(f'a test wants to connect to {args[1]}')


sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True, scope='session')
def _remove_home():
    yield
    _home.cleanup()


@pytest.fixture
def mount():
    """Mounts a small file system at a folder, or mounts it anew, with options of tmpfs; takes the right to do so."""
    places = []

    def run(place, options):
        place.mkdir(exist_ok=True)
        option = f'remount,{options}' if place in places else options
        try:
            subprocess.run(['mount', '-t', 'tmpfs', '-o', option, 'tmpfs', place], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            if place in places:
                raise
            pytest.skip(f'a small disk needs the right to mount one: {error}')
        places.append(place)

    yield run
    for place in set(places):
        subprocess.run(['umount', '--lazy', place], check=True)
