"""Many processes, one download."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time

import pytest

from tests.hub.download.server import fetch, whole
from zoo.errors import UsageError

PROCESSES = 8


def work(barrier, results, url, sha256):
    barrier.wait(20)
    try:
        path = fetch([url], sha256=sha256)
        results.put((os.getpid(), path.read_bytes()))
    except UsageError as error:
        results.put((os.getpid(), str(error)))


def at_once(url, sha256):
    """What eight processes get; forked, since each would take seconds to import torch."""
    context = multiprocessing.get_context('fork')
    barrier, results = context.Barrier(PROCESSES), context.Queue()
    children = [context.Process(target=work, args=(barrier, results, url, sha256)) for _ in range(PROCESSES)]
    for child in children:
        child.start()
    found = dict(results.get(timeout=30) for _ in children)
    for child in children:
        child.join(10)
    assert len(found) == PROCESSES
    return list(found.values())


def slowly(reply):
    def later(handler, content):
        time.sleep(0.4)
        reply(handler, content)

    return later


@pytest.mark.parametrize('published', [True, False])
def test_eight_processes_download_once(server, content, sha256, published, tmp_path):
    server.reply(slowly(whole()))
    assert at_once(server.url, sha256 if published else '') == [content] * PROCESSES
    assert len(server.asked) == 1
    left = {path.name for path in (tmp_path / 'home').rglob('f.pth*')}
    assert left == {'f.pth', 'f.pth.json'}


def test_eight_processes_and_a_line_that_breaks(server, content, sha256):
    server.reply(slowly(whole(cut=1000)), whole(cut=1), whole())
    assert at_once(server.url, sha256) == [content] * PROCESSES
    assert server.ranges == [None, 'bytes=1000-', 'bytes=1001-']


def test_a_failure_is_everybodys(server):
    """Nobody waits for ever, and the folder that one removes is there for the next."""
    found = at_once(server.url, '0' * 64)
    assert all('gives another content' in message for message in found)
    assert len(server.asked) == PROCESSES


def test_who_waits_is_told(server, caplog):
    def later(handler, content):
        time.sleep(1.3)
        whole()(handler, content)

    server.reply(later)
    first = threading.Thread(target=lambda: fetch([server.url]), daemon=True)
    first.start()
    while not server.asked:
        time.sleep(0.01)
    fetch([server.url])
    first.join(10)
    assert 'f.pth: another process downloads it, waiting' in caplog.messages
    assert len(server.asked) == 1
