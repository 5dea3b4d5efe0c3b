"""What servers do wrong ends in one clear line, and nothing of it stays."""

from __future__ import annotations

import socket
import time
from dataclasses import replace

import pytest

from tests.hub.download.server import QUICK, fetch, left, moved, serving, status, whole
from zoo.errors import UsageError

PAGE = b'\n <!DOCTYPE html><html><body>Please log in</body></html>'


def refused(server, limits=QUICK, **known):
    """The one line."""
    with pytest.raises(UsageError) as caught:
        fetch([server.url], name='f.pth', limits=limits, **known)
    message = str(caught.value)
    assert message.startswith(f'f.pth is not to be had: {server.url} ')
    assert '\n' not in message
    return message


@pytest.mark.parametrize(
    ('reply', 'words'),
    [
        (status(404), r'has no such file \(HTTP 404\)'),
        (status(410), 'has it no more'),
        (status(401), 'asks for an account: fetch the file yourself'),
        (status(403, PAGE, Content_Type='text/html'), 'the file is private'),
        (status(400), r'answers Bad Request \(HTTP 400\)'),
        (status(204), r'answers No Content \(HTTP 204\)'),
        (whole(Content_Type='text/html; charset=utf-8'), 'answers with a web page instead of the file'),
        (whole(content=PAGE), 'answers with a web page instead of the file'),
        (whole(content=b'\xef\xbb\xbf<HTML>' + b'x' * 999), 'answers with a web page instead of the file'),
        (whole(Content_Encoding='gzip'), 'packed as gzip'),
        (whole(content=b''), 'gives an empty file'),
        (whole(content=b'PK\x03\x04' + b'x' * 500), 'an archive that is not whole'),
        (status(302), 'answers Found (HTTP 302)'),
        (whole(Content_Length=None), 'does not say how long the file is'),
    ],
)
def test_answers_that_are_not_the_file(server, tmp_path, reply, words):
    server.reply(reply)
    assert words.replace('\\', '') in refused(server)
    assert len(server.asked) == 1
    assert left(tmp_path) == []


def test_a_server_that_announces_more_than_it_has(server, content, sha256, tmp_path):
    server.reply(whole(Content_Length='5000', ETag=None), whole(Content_Length='5000', ETag=None))
    message = refused(server)
    assert 'broke off, 3,000 of 5,000 bytes have arrived' in message
    assert len(server.asked) == QUICK.attempts
    # Where the hash is known, the bytes behind the end are asked for, and found not to exist.
    server.reply(whole(Content_Length='5000', ETag=None))
    assert 'gave up after' in refused(server, sha256=sha256)


def test_a_server_that_announces_less_than_it_has(server, sha256, tmp_path):
    server.reply(whole(Content_Length='2000'))
    assert 'gives another content' in refused(server, sha256=sha256)
    assert left(tmp_path) == []
    assert 'announces 2,000 bytes' in refused(server, size=3000)
    assert left(tmp_path) == []


def endless(handler, _):
    """Chunks without end."""
    handler.send_response(200)
    handler.send_header('Transfer-Encoding', 'chunked')
    handler.end_headers()
    while True:
        handler.wfile.write(b'400\r\n' + b'x' * 1024 + b'\r\n')


def test_a_stream_without_end_is_cut(server, tmp_path):
    server.reply(endless)
    assert 'sends more than 100,000 bytes' in refused(server, replace(QUICK, most_bytes=100_000))
    assert 'sends more than 3,000 bytes' in refused(server, size=3000)
    server.reply(whole())
    assert 'announces 3,000 bytes, at most 1,000 are accepted' in refused(server, replace(QUICK, most_bytes=1000))
    assert left(tmp_path) == []


def test_chunks_need_no_length(server, content):
    def chunked(handler, served):
        handler.send_response(200)
        handler.send_header('Transfer-Encoding', 'chunked')
        handler.end_headers()
        for start in range(0, len(served), 700):
            block = served[start : start + 700]
            handler.wfile.write(f'{len(block):x}\r\n'.encode() + block + b'\r\n')
        handler.wfile.write(b'0\r\n\r\n')

    server.reply(chunked)
    assert fetch([server.url], name='f.pth', limits=QUICK).read_bytes() == content


@pytest.mark.parametrize('number', [500, 502, 503, 429, 408])
def test_a_server_in_trouble_is_asked_again(server, content, number):
    server.reply(status(number, PAGE, Content_Type='text/html'), status(number, Retry_After='1'), whole())
    assert fetch([server.url], name='f.pth', limits=QUICK).read_bytes() == content
    assert len(server.asked) == 3


def test_a_server_in_lasting_trouble_is_given_up(server):
    server.reply(status(503))
    assert 'answers 503 Service Unavailable; gave up after 3 attempts' in refused(server)
    assert len(server.asked) == 3


def test_a_server_that_stalls(server):
    def stall(handler, served):
        handler.send_response(200)
        handler.send_header('Content-Length', str(len(served)))
        handler.end_headers()
        handler.wfile.write(served[:100])
        time.sleep(1.5)

    limits = replace(QUICK, read=0.2, attempts=2)
    server.reply(stall)
    assert 'sent nothing for 0.2 s, 100 of 3,000 bytes have arrived; gave up after 2' in refused(server, limits)
    server.reply(lambda *_: time.sleep(1.5))
    assert 'sent nothing for 0.2 s' in refused(server, limits)


def test_a_server_that_drips(server):
    def drip(handler, served):
        handler.send_response(200)
        handler.send_header('Content-Length', str(len(served)))
        handler.end_headers()
        for start in range(0, 40, 2):
            handler.wfile.write(served[start : start + 2])
            time.sleep(0.03)

    server.reply(drip)
    message = refused(server, replace(QUICK, window=0.2, slowest=1000, attempts=1))
    assert 'sent only ' in message
    assert 'of 3,000 bytes have arrived' in message


def test_nobody_listens():
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        url = f'http://127.0.0.1:{taken.getsockname()[1]}/f.pth'
        with pytest.raises(UsageError, match=r'cannot be reached .*gave up after 3 attempts'):
            fetch([url], name='f.pth', limits=QUICK)


@pytest.mark.parametrize('reply', [lambda *_: None, lambda handler, _: handler.wfile.write(b'SSH-2.0-hello\r\n\r\n')])
def test_what_listens_is_no_web_server(server, reply):
    server.reply(reply)
    assert 'broke off, 0 bytes have arrived' in refused(server)


@pytest.mark.parametrize('number', [301, 302, 303, 307, 308])
def test_redirects_are_followed(server, content, number):
    with serving(content, moved(server.url, number)) as first:
        assert fetch([first.url], name='f.pth', limits=QUICK).read_bytes() == content
    with serving(content, moved('/elsewhere', number), whole()) as first:
        assert fetch([first.url], name='f.pth', limits=QUICK).read_bytes() == content
        assert [path for path, _ in first.asked] == ['/files/weights.pth', '/elsewhere']


def test_a_cut_behind_a_redirect_goes_on_behind_it(server, content):
    with serving(content) as first:
        first.reply(moved(server.url))
        server.reply(whole(cut=1234), whole())
        assert fetch([first.url], name='f.pth', limits=QUICK).read_bytes() == content
        assert server.ranges == [None, 'bytes=1234-']
        assert len(first.asked) == 2


@pytest.mark.parametrize(
    ('target', 'words'),
    [
        ('file:///etc/hostname', 'redirects from http:// to file://, which is not followed'),
        ('ftp://127.0.0.1/f', 'redirects from http:// to ftp://'),
        ('data:text/plain,hello', 'redirects to what is no address'),
        ('javascript:alert(1)', 'redirects '),
        ('http://', 'redirects '),
        ('/files/weights.pth', 'redirects more than 10 times'),
    ],
)
def test_redirects_to_nowhere_good(server, target, words, tmp_path):
    server.reply(moved(target))
    assert words in refused(server)
    assert left(tmp_path) == []


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
        fetch(['https://safe.example/f'], name='f.pth', limits=QUICK)
    assert asked == ['https://safe.example/f']
    assert fetch(['http://open.example/f'], name='f.pth', limits=QUICK).read_bytes() == content
    assert asked[1:] == ['http://open.example/f', 'https://final.example/f']


def test_passwords_and_signatures_stay_out_of_messages(server):
    server.reply(status(404))
    url = server.url.replace('://', '://me:secret@') + '?signature=hidden'
    with pytest.raises(UsageError) as caught:
        fetch([url], name='f.pth', limits=QUICK)
    assert server.url in str(caught.value)
    assert 'secret' not in str(caught.value)
    assert 'hidden' not in str(caught.value)


@pytest.mark.parametrize(
    'url', ['http://[::1', 'http://', 'http://a b/c', 'http://127.0.0.1:99999/f', 'https://\u2028']
)
def test_malformed_addresses(url):
    with pytest.raises(UsageError):
        fetch([url], name='f.pth', limits=QUICK)


@pytest.mark.parametrize('proxy', ['nonsense://127.0.0.1:1', 'http://[::1', 'http://127.0.0.1:1x'])
def test_a_proxy_that_makes_no_sense(server, monkeypatch, proxy):
    monkeypatch.setenv('HTTP_PROXY', proxy)
    monkeypatch.setenv('ALL_PROXY', proxy)
    with pytest.raises(UsageError) as caught:
        fetch([server.url], name='f.pth', limits=QUICK)
    assert 'HTTP_PROXY' in str(caught.value)
    assert server.asked == []


@pytest.mark.parametrize('etag', ['"\u00fc\u00df"', '"' + 'e' * 5000 + '"'])
def test_validators_that_cannot_be_sent_back(server, content, etag):
    server.reply(whole(cut=500, ETag=etag), whole(ETag=etag))
    assert fetch([server.url], name='f.pth', limits=QUICK).read_bytes() == content
    assert server.ranges == [None, None]
