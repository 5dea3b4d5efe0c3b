"""What servers do wrong ends in one clear line, and nothing of it stays."""

from __future__ import annotations

import hashlib
import itertools
import socket
import time
from dataclasses import replace

import pytest

from tests import refusals
from tests.hub.download.server import QUICK, begins, checkpoint, fetch, left, moved, serving, status, whole
from zoo.errors import UsageError

PAGE = b'\n <!DOCTYPE html><html><body>Please log in</body></html>'


def refused(server, **options):
    """The one line."""
    message = refusals.refused(fetch, [server.url], **options)
    assert message.startswith(f'f.pth is not to be had: {server.url} ')
    return message


def chunked(blocks):
    """An answer in chunks."""

    def reply(handler, _):
        handler.send_response(200)
        handler.send_header('Transfer-Encoding', 'chunked')
        handler.end_headers()
        for block in blocks:
            handler.wfile.write(f'{len(block):x}\r\n'.encode() + block + b'\r\n')
        handler.wfile.write(b'0\r\n\r\n')

    return reply


def accepting(**changes):
    return {'limits': replace(QUICK, **changes)}


KNOWN = {'sha256': hashlib.sha256(checkpoint()).hexdigest()}
ENDLESS = chunked(itertools.repeat(bytes(1024)))


@pytest.mark.parametrize(
    ('reply', 'words', 'options'),
    [
        (status(404), 'has no such file (HTTP 404)', {}),
        (status(410), 'has it no more', {}),
        (status(401), 'asks for an account: fetch the file yourself', {}),
        (status(403, PAGE, Content_Type='text/html'), 'the file is private', {}),
        (status(400), 'answers Bad Request (HTTP 400)', {}),
        (status(204), 'answers No Content (HTTP 204)', {}),
        (whole(Content_Type='text/html; charset=utf-8'), 'answers with a web page instead of the file', {}),
        (whole(content=PAGE), 'answers with a web page instead of the file', {}),
        (whole(content=b'\xef\xbb\xbf<HTML>' + b'x' * 999), 'answers with a web page instead of the file', {}),
        (whole(Content_Encoding='gzip'), 'packed as gzip', {}),
        (whole(content=b''), 'gives an empty file', {}),
        (whole(content=b'PK\x03\x04' + b'x' * 500), 'an archive that is not whole', {}),
        (status(302), 'answers Found (HTTP 302)', {}),
        (whole(Content_Length=None), 'does not say how long the file is', {}),
        (whole(Content_Length='2000'), 'gives another content', KNOWN),
        (whole(Content_Length='2000'), 'announces 2,000 bytes', {'size': 3000}),
        (whole(), 'announces 3,000 bytes, at most 1,000 are accepted', accepting(most_bytes=1000)),
        (ENDLESS, 'sends more than 100,000 bytes', accepting(most_bytes=100_000)),
        (ENDLESS, 'sends more than 3,000 bytes', {'size': 3000}),
        (moved('file:///etc/hostname'), 'redirects from http:// to file://, which is not followed', {}),
        (moved('ftp://127.0.0.1/f'), 'redirects from http:// to ftp://', {}),
        (moved('data:text/plain,hello'), 'redirects to what is no address', {}),
        (moved('javascript:alert(1)'), 'redirects ', {}),
    ],
)
def test_answers_that_are_not_the_file(server, tmp_path, reply, words, options):
    server.reply(reply)
    assert words in refused(server, **options)
    assert len(server.asked) == 1
    assert left(tmp_path) == []


LONGER = whole(Content_Length='5000', ETag=None)
STALLS = accepting(read=0.2, attempts=2)


@pytest.mark.parametrize(
    ('reply', 'words', 'options'),
    [
        (LONGER, 'broke off, 3,000 of 5,000 bytes have arrived', {}),
        (LONGER, 'gave up after', KNOWN),  # the bytes behind the end are asked for, and found not to exist
        (status(503), 'answers 503 Service Unavailable; gave up after 3 attempts', {}),
        (begins(100, pause=1.5), 'sent nothing for 0.2 s, 100 of 3,000 bytes have arrived; gave up after 2', STALLS),
        (lambda *_: time.sleep(1.5), 'sent nothing for 0.2 s', STALLS),
        (begins(*[2] * 20, pause=0.03), 'sent only ', accepting(window=0.2, slowest=1000, attempts=1)),
        (lambda *_: None, 'broke off, 0 bytes have arrived', {}),
        (lambda handler, _: handler.wfile.write(b'SSH-2.0-hello\r\n\r\n'), 'broke off, 0 bytes have arrived', {}),
        (moved('http://'), 'redirects ', {}),
        (moved('/files/weights.pth'), 'redirects more than 10 times', {}),
    ],
)
def test_lasting_trouble_is_given_up(server, reply, words, options):
    server.reply(reply)
    assert words in refused(server, **options)
    assert len(server.asked) >= options.get('limits', QUICK).attempts


def test_chunks_need_no_length(server, content):
    server.reply(chunked([content[:700], content[700:]]))
    assert fetch([server.url]).read_bytes() == content


@pytest.mark.parametrize('number', [500, 502, 503, 429, 408])
def test_a_server_in_trouble_is_asked_again(server, content, number):
    server.reply(status(number, PAGE, Content_Type='text/html'), status(number, Retry_After='1'), whole())
    assert fetch([server.url]).read_bytes() == content
    assert len(server.asked) == 3


def test_nobody_listens():
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        url = f'http://127.0.0.1:{taken.getsockname()[1]}/f.pth'
        with pytest.raises(UsageError, match=r'cannot be reached .*gave up after 3 attempts'):
            fetch([url])


@pytest.mark.parametrize('number', [301, 302, 303, 307, 308])
def test_redirects_are_followed(server, content, number):
    with serving(content, moved(server.url, number)) as first:
        assert fetch([first.url]).read_bytes() == content
    with serving(content, moved('/elsewhere', number), whole()) as first:
        assert fetch([first.url]).read_bytes() == content
        assert [path for path, _ in first.asked] == ['/files/weights.pth', '/elsewhere']


def test_a_cut_behind_a_redirect_goes_on_behind_it(server, content):
    with serving(content) as first:
        first.reply(moved(server.url))
        server.reply(whole(cut=1234), whole())
        assert fetch([first.url]).read_bytes() == content
        assert server.ranges == [None, 'bytes=1234-']
        assert len(first.asked) == 2


def test_encryption_is_never_given_up(server, monkeypatch, content):
    """The client is ours up to the wire; there a table answers instead of TLS."""
    import httpx

    from zoo.hub.download import transfer

    answers = {
        'https://safe.example/f': httpx.Response(302, headers={'location': 'http://open.example/f'}),
        'http://open.example/f': httpx.Response(302, headers={'location': 'https://final.example/f'}),
        'https://final.example/f': httpx.Response(
            200, headers={'content-length': '3000'}, stream=httpx.ByteStream(content)
        ),
    }
    asked = []

    def answer(request):
        asked.append(str(request.url))
        return answers[str(request.url)]

    monkeypatch.setattr(transfer, 'new_client', lambda _: httpx.Client(transport=httpx.MockTransport(answer)))
    with pytest.raises(UsageError, match='redirects from https:// to http://, which is not followed'):
        fetch(['https://safe.example/f'])
    assert asked == ['https://safe.example/f']
    assert fetch(['http://open.example/f']).read_bytes() == content
    assert asked[1:] == ['http://open.example/f', 'https://final.example/f']


def test_passwords_and_signatures_stay_out_of_messages(server):
    server.reply(status(404))
    url = server.url.replace('://', '://me:secret@') + '?signature=hidden'
    message = refusals.refused(fetch, [url])
    assert server.url in message
    assert 'secret' not in message
    assert 'hidden' not in message


@pytest.mark.parametrize(
    'url', ['http://[::1', 'http://', 'http://a b/c', 'http://127.0.0.1:99999/f', 'https://\u2028']
)
def test_malformed_addresses(url):
    refusals.refused(fetch, [url])


@pytest.mark.parametrize('proxy', ['nonsense://127.0.0.1:1', 'http://[::1', 'http://127.0.0.1:1x'])
def test_a_proxy_that_makes_no_sense(server, monkeypatch, proxy):
    monkeypatch.setenv('HTTP_PROXY', proxy)
    monkeypatch.setenv('ALL_PROXY', proxy)
    assert 'HTTP_PROXY' in refusals.refused(fetch, [server.url])
    assert server.asked == []
