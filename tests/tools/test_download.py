"""The tool fetches by name, lists, fetches all, and checks again."""

from __future__ import annotations

import copy
import hashlib
import os
import shlex
from pathlib import Path

import pytest

from tests.hub.download.conftest import _network, content, server
from tests.hub.download.server import checkpoint, status, whole
from tests.hub.index.samples import MODELS, write_index
from zoo.engine.cli import DONE, FAILED, WRONG_USAGE

__all__ = ['_network', 'content', 'server']

NONE, OURS, FOREIGN = (model['Name'] for model in MODELS)


@pytest.fixture
def index(tmp_path, monkeypatch, server, content):
    """An index of three models: one without weights, one of ours with a SHA-256, a foreign one without."""
    _, ours, foreign = models = copy.deepcopy(MODELS)
    ours['Weights'] = server.url
    ours['Metadata'] |= {'SHA256': hashlib.sha256(content).hexdigest(), 'Bytes': len(content), 'Mirrors': []}
    foreign['Weights'] = f'{server.root}/official.pth'
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    monkeypatch.setenv('ZOO_MODEL_INDEX', str(write_index(tmp_path, models)))


def path_of(answer):
    """The file that the tool has printed."""
    code, out, _ = answer
    assert code == DONE
    return Path(out.strip())


def test_by_name(index, tool, server, content):
    path = path_of(tool(OURS))
    assert path.read_bytes() == content
    assert path.name == f'{OURS}.safetensors'
    server.reply(status(500))
    assert path_of(tool(OURS.upper())) == path
    assert server.asked == []


def test_list(index, tool):
    _, before, _ = tool('--list')
    assert NONE not in before
    assert before.count('to download (http)') == 2
    assert 'not published' in before
    path = path_of(tool(OURS))
    assert str(path) in tool('--list')[1]


def test_all_goes_on_after_a_failure(index, tool, server):
    server.reply(status(404), whole())
    code, out, errors = tool('--all')
    assert code == FAILED
    assert errors.count('error: ') == 1
    assert f'{OURS}.safetensors is not to be had' in errors
    assert out.count('\n') == 1
    assert f'{FOREIGN}.pth' in out
    server.reply(whole())
    assert tool('--all')[0] == DONE
    assert len(server.asked) == 1


def test_verify(index, tool, server, content):
    path = path_of(tool(OURS))
    times = path.stat()
    path.write_bytes(content[::-1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    server.reply(whole())
    assert path_of(tool(OURS, '--verify')).read_bytes() == content
    assert len(server.asked) == 1
    assert tool('--all', '--verify')[0] == DONE


def test_a_broken_first_download_is_repaired_by_the_command_of_the_message(index, tool, server, content):
    address = f'{server.root}/mine.pth'
    for name in (FOREIGN, address):
        server.reply(whole(content=checkpoint(5000, seed=5)))
        path_of(tool(name)).unlink()
        server.reply(whole())
        code, _, errors = tool(name)
        assert code == WRONG_USAGE
        assert 'another content than at the first download' in errors
        command = shlex.split(errors.rpartition('anew with ')[2])
        assert command == ['python', 'tools/download.py', name, '--again']
        assert path_of(tool(*command[2:])).read_bytes() == content
    assert tool('--all', '--again')[0] == DONE


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        ([], 'give the name of a model, or --list, or --all'),
        ([OURS, '--all'], 'give the name of a model, or --list, or --all'),
        (['--list', '--all'], 'give the name of a model, or --list, or --all'),
        ([NONE], 'are published: train them with python tools/train.py configs/recon/nano.py'),
        (['recon-tiny_nothing'], "no model 'recon-tiny_nothing'"),
        (['../up'], 'is not a model name'),
        ([''], 'is not a model name'),
        (['ftp://host/f.pth'], 'choose one of http://, https://'),
        (['--lst'], '--help shows the options'),
    ],
)
def test_wrong_usage(index, tool, arguments, words):
    code, out, errors = tool(*arguments)
    assert (code, out) == (WRONG_USAGE, '')
    assert words in errors


def test_what_is_remembered_is_told(index, tool, caplog):
    path_of(tool(FOREIGN))
    (line,) = caplog.messages
    assert 'the publisher gives no SHA-256' in line
