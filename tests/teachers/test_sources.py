from __future__ import annotations

import hashlib
import time
from pathlib import Path

import huggingface_hub.constants
import pytest

from tests.hub.download.server import send, serving
from tests.refusals import refused
from tests.shared import run_python
from zoo.teachers import CLIPImageTeacher, CLIPTextTeacher, TimmImageTeacher, sources


@pytest.fixture
def silent_hub(monkeypatch, tmp_path):
    """A hub that is asked and never answers, and an empty cache; yields what was asked."""
    with serving(b'', lambda *_: time.sleep(2)) as server:
        monkeypatch.setattr(huggingface_hub.constants, 'ENDPOINT', server.root)
        monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_CACHE', str(tmp_path / 'cache'))
        monkeypatch.setattr(sources, 'PROBE_SECONDS', 0.2)
        yield server.asked


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
        message = refused(use)
        assert file in message
        assert repository in message
        assert str(tmp_path / 'cache' / f'models--{repository.replace("/", "--")}') in message
        assert 'hf download' in message
    assert len(silent_hub) <= 2  # one question per use: nothing is tried again


def test_a_trained_teacher_without_network_fails_when_built(silent_hub):
    assert 'openai/clip-vit-base-patch32' in refused(CLIPTextTeacher, frozen=False)


FILES = {'config.json': b'{}', 'pytorch_model.bin': b'weights', 'vocab.json': b'{"a": 1}', 'secret.bin': b'no'}
COMMIT = 'c' * 40
PREFIX = '/owner/name/resolve/main/'


def hub(fetched):
    """Answers like the hub for one repository; notes what is fetched."""

    def reply(handler, _):
        name = handler.path.removeprefix(PREFIX)
        content = (
            FILES.get(name) if handler.path.startswith(PREFIX) else b''
        )  # the client asks for other things as well
        if handler.command == 'GET' and name in FILES:
            fetched.append(name)
        status, error = (200, None) if content is not None else (404, 'EntryNotFound')
        digest = hashlib.sha256(content or b'').hexdigest()
        send(handler, status, content or b'', X_Repo_Commit=COMMIT, ETag=digest, X_Error_Code=error)

    return reply


FETCH = """
from zoo.teachers.sources import WEIGHTS, model_folder
print(model_folder('owner/name', (('config.json',), WEIGHTS), ('vocab.json', 'x.txt')))
"""


def fetch(endpoint, home):
    """Ask for the folder in a fresh process, which reads the address of the hub when it starts."""
    places = {'HF_ENDPOINT': endpoint, 'HF_HOME': str(home), 'HF_HUB_DISABLE_XET': '1'}
    return run_python('-c', FETCH, unset=('HF_HUB_OFFLINE', 'HF_HUB_CACHE'), **places)


@pytest.mark.slow
def test_fetches_what_is_needed_once_and_then_needs_no_network(tmp_path):
    fetched = []
    with serving(b'', hub(fetched)) as server:
        first = fetch(server.root, tmp_path)
    folder = Path(first.splitlines()[-1])
    assert folder.is_relative_to(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ['config.json', 'pytorch_model.bin', 'vocab.json']
    assert (folder / 'pytorch_model.bin').read_bytes() == b'weights'
    assert sorted(fetched) == ['config.json', 'pytorch_model.bin', 'vocab.json']
    assert fetch(server.root, tmp_path) == first  # nobody is there any more


def test_local_folders(tmp_path):
    (tmp_path / 'b.json').write_text('{}')
    assert sources.model_folder(str(tmp_path), (('a.json', 'b.json'),)) == tmp_path
    assert 'has no c.json or d.json: a model folder needs b.json, c.json or d.json' in refused(
        sources.model_folder, str(tmp_path), (('b.json',), ('c.json', 'd.json'))
    )
    for name in (str(tmp_path / 'none'), './none', '~/none-of-these', 'a/b/c'):
        assert 'there is no folder' in refused(sources.model_folder, name, (('b.json',),))


def test_wheels(tmp_path):
    assert (sources.wheel_folder('zoo', 'recon-zoo') / 'teachers').is_dir()
    assert 'pip install such-a-thing' in refused(sources.wheel_folder, 'no_such_package', 'such-a-thing')
