"""Folders in the official layouts, written once."""

from __future__ import annotations

import functools
import shutil

import pytest

from tests.datasets.samples import SAMPLES


@pytest.fixture(scope='session')
def original(tmp_path_factory):
    """Return a function that gives the data root of a sample, which no test may change."""

    @functools.cache
    def root(name):
        folder = tmp_path_factory.mktemp('official')
        SAMPLES[name].write(folder)
        return folder

    return root


@pytest.fixture
def copied(original, tmp_path):
    """Return a function that copies samples into a data root that a test may break."""

    def copy(*names):
        for name in names:
            shutil.copytree(original(name), tmp_path / 'data', dirs_exist_ok=True)
        return tmp_path / 'data'

    return copy
