from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import huggingface_hub.constants
import pytest

from zoo.errors import UsageError
from zoo.teachers import CLIPImageTeacher, CLIPTextTeacher, TimmImageTeacher, sources

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def silent_hub(monkeypatch, tmp_path):
    """A hub that accepts connections and never answers, and an empty cache; yields the connections made."""
    server = socket.create_server(('127.0.0.1', 0))
    connections = []

    def accept():
        while True:
            try:
                connections.append(server.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    monkeypatch.setattr(huggingface_hub.constants, 'ENDPOINT', f'http://127.0.0.1:{server.getsockname()[1]}')
    monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_CACHE', str(tmp_path / 'cache'))
    monkeypatch.setattr(sources, 'PROBE_SECONDS', 0.2)
    yield connections
    server.close()
    for connection in connections:
        connection.close()


@pytest.mark.parametrize(
    ('teacher', 'file', 'repository'),
    [
        (CLIPTextTeacher(), 'config.json', 'openai/clip-vit-base-patch32'),
        (CLIPImageTeacher(), 'config.json', 'openai/clip-vit-base-patch32'),
        (TimmImageTeacher(), 'model.safetensors', 'timm/vit_base_patch16_224.augreg_in21k'),
        (TimmImageTeacher('timm/vit_base'), 'config.json', 'timm/vit_base'),
    ],
)
def test_without_a_network_one_line_says_what_is_missing_and_where(silent_hub, tmp_path, teacher, file, repository):
    for use in (lambda: teacher(['a chair']), lambda: teacher.fingerprint):
        with pytest.raises(UsageError) as caught:
            use()
        message = str(caught.value)
        assert '\n' not in message
        assert file in message
        assert repository in message
        assert str(tmp_path / 'cache' / f'models--{repository.replace("/", "--")}') in message
        assert 'hf download' in message
    assert len(silent_hub) <= 2  # one question per use: nothing is tried again


def test_a_trained_teacher_without_network_fails_when_built(silent_hub):
    with pytest.raises(UsageError, match='openai/clip-vit-base-patch32'):
        CLIPTextTeacher(frozen=False)


FILES = {'config.json': b'{}', 'pytorch_model.bin': b'weights', 'vocab.json': b'{"a": 1}', 'secret.bin': b'no'}
COMMIT = 'c' * 40
PREFIX = '/owner/name/resolve/main/'


class Hub(BaseHTTPRequestHandler):
    """Answers like the hub for one repository; notes what is fetched."""

    fetched: list[str] = []

    def answer(self):
        content = FILES.get(self.path.removeprefix(PREFIX)) if self.path.startswith(PREFIX) else b''
        self.send_response(404 if content is None else 200)
        if content is None:
            self.send_header('X-Error-Code', 'EntryNotFound')
        self.send_header('X-Repo-Commit', COMMIT)
        self.send_header('ETag', hashlib.sha256(content or b'').hexdigest())
        self.send_header('Content-Length', str(len(content or b'')))
        self.end_headers()
        return content or b''

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        if self.path.startswith(PREFIX):  # the client asks for other things as well
            self.fetched.append(self.path.removeprefix(PREFIX))
        self.wfile.write(self.answer())

    def log_message(self, *arguments):
        pass


FETCH = """
from zoo.teachers.sources import WEIGHTS, model_folder
print(model_folder('owner/name', (('config.json',), WEIGHTS), ('vocab.json', 'x.txt')))
"""


def fetch(endpoint, home):
    """Ask for the folder in a fresh process, which reads the address of the hub when it starts."""
    environment = {**os.environ, 'HF_ENDPOINT': endpoint, 'HF_HOME': str(home), 'HF_HUB_DISABLE_XET': '1'}
    environment.pop('HF_HUB_OFFLINE', None)
    environment.pop('HF_HUB_CACHE', None)
    code = [sys.executable, '-c', FETCH]
    return subprocess.run(code, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_fetches_what_is_needed_once_and_then_needs_no_network(tmp_path):
    server = HTTPServer(('127.0.0.1', 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f'http://127.0.0.1:{server.server_port}'
    first = fetch(endpoint, tmp_path)
    server.shutdown()
    server.server_close()
    assert first.returncode == 0, first.stderr
    folder = Path(first.stdout.splitlines()[-1])
    assert folder.is_relative_to(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ['config.json', 'pytorch_model.bin', 'vocab.json']
    assert (folder / 'pytorch_model.bin').read_bytes() == b'weights'
    assert sorted(Hub.fetched) == ['config.json', 'pytorch_model.bin', 'vocab.json']
    again = fetch(endpoint, tmp_path)  # nobody is there any more
    assert again.stdout == first.stdout


def test_local_folders(tmp_path):
    (tmp_path / 'b.json').write_text('{}')
    assert sources.model_folder(str(tmp_path), (('a.json', 'b.json'),)) == tmp_path
    with pytest.raises(
        UsageError, match=r'has no c\.json or d\.json: a model folder needs b\.json, c\.json or d\.json'
    ):
        sources.model_folder(str(tmp_path), (('b.json',), ('c.json', 'd.json')))
    for name in (str(tmp_path / 'none'), './none', '~/none-of-these', 'a/b/c'):
        with pytest.raises(UsageError, match='there is no folder'):
            sources.model_folder(name, (('b.json',),))


def test_wheels(tmp_path):
    assert (sources.wheel_folder('zoo', 'recon-zoo') / 'teachers').is_dir()
    with pytest.raises(UsageError, match='pip install such-a-thing'):
        sources.wheel_folder('no_such_package', 'such-a-thing')
