"""Broken transfers go on where they broke off, and never join what does not belong together."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import time
from dataclasses import replace

import pytest

from tests.hub.download.server import QUICK, begins, checkpoint, fetch, send, serving, status, whole
from zoo.errors import UsageError

OTHER = random.Random(5).randbytes(3000)


def parts(tmp_path):
    return sorted(path.name for path in (tmp_path / 'home').rglob('*.part*'))


def test_a_transfer_cut_at_any_byte_goes_on_there(tmp_path):
    """Every place of a short file, the first and the last included; with and without a published SHA-256."""
    data = checkpoint(72)
    with serving(data) as server:
        for cut in range(len(data) + 1):
            sha256 = hashlib.sha256(data).hexdigest() if cut % 2 else ''
            server.reply(whole(cut=cut), whole())
            path = fetch([server.url], sha256=sha256, cache=tmp_path / str(cut))
            assert path.read_bytes() == data
            assert server.ranges == ([None] if cut == len(data) else [None, f'bytes={cut}-' if cut else None])
    assert not list(tmp_path.rglob('*.part*'))


def test_a_line_that_brings_nothing_new_is_given_up_and_kept(server, tmp_path, content):
    server.reply(whole(cut=1200), whole(cut=0))
    with pytest.raises(UsageError, match=r'broke off, 1,200 of 3,000 bytes have arrived.*gave up after 3 attempts'):
        fetch([server.url])
    assert server.ranges == [None, 'bytes=1200-', 'bytes=1200-']
    assert parts(tmp_path) == ['f.pth.part', 'f.pth.part.json']
    server.reply(whole())
    assert fetch([server.url]).read_bytes() == content
    assert server.ranges == ['bytes=1200-']
    assert parts(tmp_path) == []


def test_a_file_that_changed_begins_anew(server, content):
    new = checkpoint(2500)
    server.reply(whole(cut=700), whole(content=new, ETag='"two"'))
    assert fetch([server.url]).read_bytes() == new
    assert server.asked[1][1]['if-range'] == '"one"'


def rest(etag):
    """A server that sends the rest of its version, whatever was asked for under which condition."""

    def reply(handler, served):
        start = int(handler.headers['Range'].removeprefix('bytes=').removesuffix('-'))
        where = f'bytes {start}-{len(served) - 1}/{len(served)}'
        send(handler, 206, served[start:], Content_Range=where, ETag=etag)

    return reply


def cut_once(**headers):
    """A file server whose line breaks once."""
    return whole(cut=700, **headers), whole(**headers)


DATE, STRONG = 'Mon, 01 May 2023 10:00:00 GMT', '"one"'
ANEW, ON, IN_VAIN = [None, None], [None, 'bytes=700-'], [None, 'bytes=700-', None]
RANGES = ('bytes 0-2999/3000', 'bytes 701-2999/3000', 'bytes 700-2999/9' + '0' * 5000, 'x', '')
BROKEN = {
    'no ETag, a date': (cut_once(ETag=None, Last_Modified=DATE), False, ON, DATE),
    'no validator': (cut_once(ETag=None), False, ANEW, None),
    'no validator, known': (cut_once(ETag=None), True, ON, None),
    'weak validator': (cut_once(ETag='W/"one"'), False, ANEW, None),
    'weak validator, known': (cut_once(ETag='W/"one"'), True, ON, None),
    'validator of other letters': (cut_once(ETag='"\u00fc\u00df"'), False, ANEW, None),
    'validator without end': (cut_once(ETag='"' + 'e' * 5000 + '"'), False, ANEW, None),
    'rest of another version': ((whole(cut=700, content=OTHER), rest('"two"'), whole()), True, IN_VAIN, STRONG),
    'rest of another, untold': ((whole(cut=700, content=OTHER), rest('"one"'), whole()), True, IN_VAIN, STRONG),
    'a range unasked for': ((status(206, bytes(9), Content_Range='bytes 5-2999/3000'), whole()), False, ANEW, None),
    **{
        f'another range, {said[:20]}': (
            (whole(cut=700), status(206, b'junk', Content_Range=said, ETag=STRONG), whole()), True, IN_VAIN, STRONG
        )
        for said in RANGES
    },
}  # fmt: skip
"""What a server replies, whether the SHA-256 is known, what is asked for, and the condition of the second request."""


@pytest.mark.parametrize('case', BROKEN)
def test_only_what_belongs_together_is_joined(server, content, sha256, case):
    replies, known, ranges, condition = BROKEN[case]
    server.reply(*replies)
    assert fetch([server.url], sha256=sha256 if known else '').read_bytes() == content
    assert server.ranges == ranges
    assert server.asked[1][1].get('if-range') == condition


def test_a_server_that_gives_ranges_in_pieces(server, content):
    def piece(handler, served):
        start = int(handler.headers['Range'].removeprefix('bytes=').removesuffix('-'))
        stop = min(start + 1000, len(served))
        send(handler, 206, served[start:stop], Content_Range=f'bytes {start}-{stop - 1}/{len(served)}', ETag='"one"')

    server.reply(whole(cut=10), piece)
    assert fetch([server.url], limits=replace(QUICK, progress=1)).read_bytes() == content
    assert server.ranges == [None, 'bytes=10-', 'bytes=1010-', 'bytes=2010-']


def test_another_mirror_goes_on_when_the_hash_is_known(server, content, sha256):
    with serving(content, whole(cut=2000), whole(cut=0)) as first:
        path = fetch([first.url, server.url], sha256=sha256)
    assert path.read_bytes() == content
    assert server.ranges == ['bytes=2000-']


@pytest.mark.parametrize(
    ('part', 'note', 'ranges'),
    [
        (b'x' * 100, {}, ['bytes=100-', None]),  # nonsense, which the SHA-256 finds out
        (b'x' * 3000, {}, [None]),
        (b'x' * 9000, {}, [None]),
        (b'x' * 100, '[]', ['bytes=100-', None]),
        (b'x' * 100, '{"source": 1, "validator": [], "total": "a"}', ['bytes=100-', None]),
        (b'x' * 100, '{broken', ['bytes=100-', None]),
        (b'', None, [None]),
    ],
)
def test_what_lies_about_from_before(server, content, sha256, tmp_path, part, note, ranges):
    folder = tmp_path / 'home' / 'weights' / sha256[:16]
    folder.mkdir(parents=True)
    (folder / 'f.pth.part').write_bytes(part)
    if note is not None:
        (folder / 'f.pth.part.json').write_text(note if isinstance(note, str) else json.dumps(note))
    path = fetch([server.url], sha256=sha256, size=len(content))
    assert path.read_bytes() == content
    assert server.ranges == ranges
    assert parts(tmp_path) == []


def any_reply(draw, content):
    """One of the things that servers do, good and bad."""
    junk = random.Random(draw.random()).randbytes(draw.choice([0, 10, len(content) - 1, len(content)]))
    cut = draw.randrange(len(content) + 1)
    etag = draw.choice(['"one"', '"two"', 'W/"one"', None])
    return draw.choice(
        [
            whole(cut=cut),
            whole(cut=cut, ETag=etag),
            whole(cut=cut, ranges=False),
            whole(cut=cut, content=junk, ETag=etag),
            whole(content=content + junk, cut=cut),
            whole(Content_Length=str(draw.randrange(2 * len(content))), ETag=etag),
            whole(Content_Length=None),
            whole(Content_Range=draw.choice(['bytes 5-9/10', 'bytes */3', 'x', f'bytes {cut}-{cut}/{cut}'])),
            status(416),
            status(503, b'<html>', Content_Type='text/html'),
            lambda *_: None,
        ]
    )


def test_whatever_servers_do_the_content_is_right_or_nothing(server, content, sha256, tmp_path):
    draw = random.Random(11)
    good, lines = 0, []
    for case in range(120):
        server.reply(*(any_reply(draw, content) for _ in range(draw.randrange(1, 5))), whole())
        known = draw.choice([{'sha256': sha256}, {'sha256': sha256, 'size': len(content)}])
        cache = tmp_path / str(case // 3)  # three in a row share what was left behind
        try:
            path = fetch([server.url], **known, cache=cache)
        except UsageError as error:
            lines.append(str(error))
            path = cache / 'weights' / sha256[:16] / 'f.pth'
            assert not path.exists()
        else:
            assert path.read_bytes() == content
            assert not list(cache.rglob('*.part*'))
            good += 1
    assert 20 < good < 120
    assert not any('\n' in line for line in lines)


def test_a_process_killed_in_the_middle_leaves_a_beginning(server, content, tmp_path):
    server.reply(begins(1800, pause=20, ETag='"one"'))
    child = os.fork()
    if not child:
        try:
            fetch([server.url])
        finally:
            os._exit(1)
    try:
        until = time.monotonic() + 10
        while not any(path.stat().st_size == 1800 for path in tmp_path.rglob('*.part')):
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    server.reply(whole())
    assert fetch([server.url]).read_bytes() == content
    assert server.ranges == ['bytes=1800-']
