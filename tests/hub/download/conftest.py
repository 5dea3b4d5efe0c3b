from __future__ import annotations

import hashlib

import pytest

from tests.hub.download.server import checkpoint, serving


@pytest.fixture(autouse=True)
def _network(monkeypatch, tmp_path):
    """The network is allowed, which means this machine; every test has its own cache."""
    for name in ('HF_HUB_OFFLINE', 'ZOO_OFFLINE', 'ZOO_MIRROR', 'HF_ENDPOINT', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('ZOO_HOME', str(tmp_path / 'home'))


@pytest.fixture(scope='session')
def content():
    return checkpoint()


@pytest.fixture(scope='session')
def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def server(content):
    with serving(content) as found:
        yield found
