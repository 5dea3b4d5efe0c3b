"""Files of the Hugging Face hub and of Google Drive come through the same checks."""

from __future__ import annotations

import re
import sys
import types

import pytest

from tests.hub.download.server import fetch, send, status, whole
from tests.refusals import refused
from zoo.hub.download import addresses
from zoo.hub.download.addresses import Remote, locate

ID = '1L-TlZUi7umBCDpZW-1F0Gf4X-9Wvf_Zo'
PAGE = """<html><form id="download-form" action="/download" method="get">
<input type="hidden" name="id" value="x"></form></html>"""


@pytest.mark.parametrize(
    ('source', 'address'),
    [
        ('hf://owner/repo/model.safetensors', 'owner/repo/resolve/main/model.safetensors'),
        ('hf://owner/repo/a/b.pth@v1.0', 'owner/repo/resolve/v1.0/a/b.pth'),
        ('hf://owner/repo/b.pth@refs/pr/1', 'owner/repo/resolve/refs%2Fpr%2F1/b.pth'),
    ],
)
def test_addresses_on_the_hub(source, address, monkeypatch):
    assert locate(source) == Remote(f'https://huggingface.co/{address}')
    monkeypatch.setenv('HF_ENDPOINT', 'https://mirror.example/')
    assert locate(source) == Remote(f'https://mirror.example/{address}')


MALFORMED = 'hf:// hf://owner/repo hf://owner//x hf://owner/../x/y hf://a/b/../c hf://a/b/c?d hf://a/b/c@.. gdrive://'
MALFORMED += f' gdrive://short gdrive://../../etc gdrive://{ID}&id=other gdrive://{ID}/view'


@pytest.mark.parametrize('source', [*MALFORMED.split(), 'hf://a/b/c d'])
def test_malformed_addresses(source):
    assert re.search(r'f\.pth is not to be had: .* is not (hf|gdrive)://', refused(fetch, [source]))


def test_a_file_of_the_hub_resumes(server, content, sha256, monkeypatch):
    """The hub answers with a redirect to where the content lies."""
    monkeypatch.setenv('HF_ENDPOINT', server.root)
    hop = status(302, Location='/cdn/blob?signature=1')
    server.reply(hop, whole(cut=300), hop, whole())
    assert fetch(['hf://owner/repo/f.pth'], sha256=sha256).read_bytes() == content
    assert [path for path, _ in server.asked] == ['/owner/repo/resolve/main/f.pth', '/cdn/blob?signature=1'] * 2
    assert server.ranges[3] == 'bytes=300-'


@pytest.fixture
def drive(server, monkeypatch):
    monkeypatch.setattr(addresses, 'DRIVE', f'{server.root}/download?confirm=t&id=')
    return server


def install_gdown(monkeypatch, reader):
    """gdown is no requirement: stand in for the one function, or for its absence."""
    package, module = types.ModuleType('gdown'), types.ModuleType('gdown.download')
    module.get_url_from_gdrive_confirmation = reader
    for part in (package, module):
        monkeypatch.setitem(sys.modules, part.__name__, part if reader else None)


def html(text):
    return lambda handler, _: send(handler, 200, text.encode(), Content_Type='text/html; charset=utf-8')


def test_drive_gives_the_file_at_once(drive, content, sha256):
    drive.reply(whole(cut=2999), whole())
    assert fetch([f'gdrive://{ID}'], sha256=sha256).read_bytes() == content
    assert drive.asked[0][0] == f'/download?confirm=t&id={ID}'
    assert drive.ranges == [None, 'bytes=2999-']


def test_drive_shows_a_page_first(drive, content, sha256, monkeypatch):
    seen = []
    install_gdown(monkeypatch, lambda page: seen.append(page) or f'{drive.root}/content?uuid=5')
    drive.reply(html(PAGE), whole(cut=10), html(PAGE), whole())
    assert fetch([f'gdrive://{ID}'], sha256=sha256).read_bytes() == content
    assert seen == [PAGE, PAGE]
    assert [path for path, _ in drive.asked][1::2] == ['/content?uuid=5'] * 2
    assert drive.ranges[3] == 'bytes=10-'


def too_many(_):
    raise RuntimeError('Too many users have viewed\nor downloaded this file')


BY_HAND = f'or save https://drive.google.com/file/d/{ID} by browser'


@pytest.mark.parametrize(
    ('reader', 'words', 'asked'),
    [
        (lambda _: '/again', 'answers with a web page instead of the file', 2),
        (lambda _: 'file:///etc/hostname', 'redirects from http:// to file://', 1),
        (too_many, 'Too many users ', 1),
        (too_many, BY_HAND, 1),
        (None, f'pip install gdown, {BY_HAND}', 1),
    ],
)
def test_a_page_that_leads_to_no_file(drive, monkeypatch, reader, words, asked):
    """To itself, to a file of this machine, to a refusal; and without gdown, which reads it."""
    install_gdown(monkeypatch, reader)
    drive.reply(html(PAGE))
    assert words in refused(fetch, [f'gdrive://{ID}'])
    assert len(drive.asked) == asked
