"""The tool fetches by name, lists, fetches all, and checks again."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.hub.download.server import checkpoint, serving, status, whole
from zoo.engine.cli import DONE, FAILED, WRONG_USAGE
from zoo.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
OURS, FOREIGN, NONE = 'recon-nano_procedural', 'point-mae-base_shapenet55', 'recon-base_shapenet55'


@pytest.fixture
def main():
    """The tool's function; a process of its own takes seconds to start."""
    spec = importlib.util.spec_from_file_location('download_tool', ROOT / 'tools' / 'download.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


@pytest.fixture
def content():
    return checkpoint(5000, seed=4)


@pytest.fixture
def server(content):
    with serving(content) as found:
        yield found


@pytest.fixture
def index(tmp_path, monkeypatch, server, content):
    """An index of three models: one of ours with a SHA-256, a foreign one without, one without weights."""
    monkeypatch.setenv('ZOO_HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    monkeypatch.delenv('HF_HUB_OFFLINE')
    known = {
        'SHA256': hashlib.sha256(content).hexdigest(),
        'Bytes': len(content),
        'Licence': 'MIT',
        'Date': '2026-01-31',
    }
    about = {'Task': 'pretrain', 'Training Data': 'ShapeNet55'}
    official = {'Method': 'point_mae', 'Groups': 64, 'Group Size': 32}
    models = [
        {'Name': OURS, 'Config': 'configs/recon/nano.py', 'Metadata': {**about, **known}, 'Weights': server.url},
        {
            'Name': FOREIGN,
            'Config': 'configs/point_mae/base.py',
            'Metadata': {**about, 'Official': official, 'Licence': 'unknown'},
            'Weights': f'{server.root}/official.pth',
        },
        {'Name': NONE, 'Config': 'configs/recon/base.py', 'Metadata': about},
    ]
    paper = {'Title': 'A paper', 'URL': 'https://arxiv.org/abs/2302.02318'}
    whole_index = {
        'Import': [],
        'Collections': [{'Name': 'All', 'Paper': paper}],
        'Models': [{'In Collection': 'All', **model} for model in models],
    }
    path = tmp_path / 'model_index.yml'
    path.write_text(yaml.safe_dump(whole_index))
    monkeypatch.setenv('ZOO_MODEL_INDEX', str(path))
    return path


def run(*arguments):
    command = [sys.executable, str(ROOT / 'tools' / 'download.py'), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1'})


def test_by_name(index, main, capsys, server, content):
    assert main([OURS]) == DONE
    path = Path(capsys.readouterr().out.strip())
    assert path.read_bytes() == content
    assert path.name == f'{OURS}.safetensors'
    server.reply(status(500))
    assert main([OURS.upper()]) == DONE
    assert server.asked == []


def test_list(index, main, capsys):
    assert main(['--list']) == DONE
    before = capsys.readouterr().out
    assert NONE not in before
    assert before.count('to download (http)') == 2
    assert 'not published' in before
    main([OURS])
    path = capsys.readouterr().out.strip()
    main(['--list'])
    assert path in capsys.readouterr().out


def test_all_goes_on_after_a_failure(index, main, capsys, server):
    server.reply(status(404), whole())
    assert main(['--all']) == FAILED
    told = capsys.readouterr()
    assert told.err.count('error: ') == 1
    assert f'{OURS}.safetensors is not to be had' in told.err
    assert told.out.count('\n') == 1
    assert f'{FOREIGN}.pth' in told.out
    server.reply(whole())
    assert main(['--all']) == DONE
    assert len(server.asked) == 1


def test_verify(index, main, capsys, server, content):
    main([OURS])
    path = Path(capsys.readouterr().out.strip())
    times = path.stat()
    path.write_bytes(content[::-1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    server.reply(whole())
    assert main([OURS, '--verify']) == DONE
    assert path.read_bytes() == content
    assert len(server.asked) == 1
    assert main(['--all', '--verify']) == DONE


def test_a_broken_first_download_is_repaired_by_the_command_of_the_message(index, main, capsys, server, content):
    address = f'{server.root}/mine.pth'
    for name in (FOREIGN, address):
        server.reply(whole(content=checkpoint(5000, seed=5)))
        assert main([name]) == DONE
        Path(capsys.readouterr().out.strip()).unlink()
        server.reply(whole())
        with pytest.raises(UsageError, match='another content than at the first download') as caught:
            main([name])
        command = shlex.split(str(caught.value).rpartition('anew with ')[2])
        assert command == ['python', 'tools/download.py', name, '--again']
        assert main(command[2:]) == DONE
        assert Path(capsys.readouterr().out.strip()).read_bytes() == content
    assert main(['--all', '--again']) == DONE


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        ([], 'give the name of a model, or --list, or --all'),
        ([OURS, '--all'], 'give the name of a model, or --list, or --all'),
        (['--list', '--all'], 'give the name of a model, or --list, or --all'),
        ([NONE], 'are published: train them with python tools/train.py configs/recon/base.py'),
        (['recon-tiny_nothing'], "no model 'recon-tiny_nothing'"),
        (['../up'], 'is not a model name'),
        ([''], 'is not a model name'),
        (['ftp://host/f.pth'], 'choose one of http://, https://'),
        (['--lst'], '--help shows the options'),
    ],
)
def test_wrong_usage(index, main, arguments, words):
    with pytest.raises(UsageError, match=words.replace('.', r'\.')):
        main(arguments)


def test_what_is_remembered_is_told(index, main, capsys, caplog):
    assert main([FOREIGN]) == DONE
    assert capsys.readouterr().out.count('\n') == 1
    (line,) = caplog.messages
    assert 'the publisher gives no SHA-256' in line


@pytest.mark.slow
def test_a_process_of_its_own(index, server, content):
    """Exit code, one line, nothing on the standard output."""
    server.reply(whole(content=content[::-1]))
    wrong = run(OURS)
    assert wrong.returncode == WRONG_USAGE
    assert wrong.stdout == ''
    (line,) = wrong.stderr.splitlines()
    assert line.startswith(f'error: {OURS}.safetensors is not to be had: {server.url} gives another content')
