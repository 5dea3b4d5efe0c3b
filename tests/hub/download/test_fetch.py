"""What is kept, checked, remembered, and told."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import re
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.hub.download.server import QUICK, checkpoint, fetch, left, serving, status, whole
from tests.refusals import refused
from zoo.errors import UsageError
from zoo.hub.download import WeightFile, fetch_weights, local_copy
from zoo.hub.download.settings import Limits

WRONG = '0' * 64
ANOTHER = checkpoint(seed=9)
"""Another file of the same name."""


def test_a_wrong_hash_leaves_nothing_behind(server, tmp_path, sha256):
    with pytest.raises(UsageError, match=rf'another content \(SHA-256 {sha256[:16]}…, expected {WRONG[:16]}…\)'):
        fetch([server.url], sha256=WRONG)
    assert left(tmp_path) == []
    assert len(server.asked) == 1
    server.reply(whole(cut=900), whole())
    assert 'another content' in refused(fetch, [server.url], sha256=WRONG)
    # Joined from two transfers first, then all from one hand: it is the file that is wrong.
    assert server.ranges == [None, 'bytes=900-', None]
    assert left(tmp_path) == []


def test_what_is_there_is_not_asked_for_again(server, content, sha256, caplog):
    paths = {fetch([server.url], sha256=sha256, size=len(content)) for _ in range(3)}
    assert len(paths) == len(server.asked) == 1
    assert paths.pop().parent.name == sha256[:16]
    assert caplog.messages == []  # a published hash is no news


def test_sources_are_tried_in_order_and_each_failure_is_told(server, content, sha256):
    with serving(b'other content') as wrong, serving(b'', status(404)) as gone:
        sources = [wrong.url, gone.url, server.url]
        assert fetch(sources, sha256=sha256).read_bytes() == content
        with pytest.raises(UsageError) as caught:
            fetch(sources[:2], name='g.pth', sha256=sha256)
    message = str(caught.value)
    assert message.index('another content') < message.index('; ') < message.index('has no such file')


def test_the_first_download_is_remembered_and_told(server, tmp_path, caplog, content, sha256):
    path = fetch([server.url])
    (line,) = caplog.messages
    assert line.startswith(f'f.pth: the publisher gives no SHA-256; that of this first download, {sha256[:16]}…, is')
    note = json.loads(path.with_name('f.pth.json').read_text())
    assert (note['sha256'], note['bytes'], note['source']) == (sha256, len(content), server.url)
    path.unlink()
    server.reply(whole(content=ANOTHER))
    assert re.search(
        r'another content than at the first download .*anew with fetch_weights\(.*again=True',
        refused(fetch, [server.url]),
    )
    assert left(tmp_path) == ['f.pth.json']
    server.reply(whole())
    assert fetch([server.url]).read_bytes() == content
    assert len(caplog.messages) == 1


def test_again_forgets_a_first_download_that_was_broken(server, tmp_path, content):
    broken = checkpoint(seed=8)
    server.reply(whole(content=broken))
    assert fetch([server.url]).read_bytes() == broken
    # What is there stays until the new one is whole.
    server.reply(status(404))
    assert 'has no such file' in refused(fetch, [server.url], again=True)
    assert fetch([server.url]).read_bytes() == broken
    # Nor is the new one put together with what a broken attempt has left.
    path = next((tmp_path / 'home').rglob('f.pth'))
    path.with_name('f.pth.part').write_bytes(broken[:900])
    path.with_name('f.pth.part.json').write_text(json.dumps({'source': server.url, 'validator': '"one"'}))
    server.reply(whole())
    assert fetch([server.url], again=True).read_bytes() == content
    assert server.ranges == [None]
    server.reply(status(500))
    assert fetch([server.url], verify=True).read_bytes() == content
    assert sorted(left(tmp_path)) == ['f.pth', 'f.pth.json']


def test_again_keeps_to_a_published_hash(server, content, sha256):
    fetch([server.url], sha256=sha256)
    server.reply(whole(content=ANOTHER))
    assert 'gives another content' in refused(fetch, [server.url], sha256=sha256, again=True)
    assert fetch([server.url], sha256=sha256).read_bytes() == content


def test_an_address_that_a_shell_would_not_take_stays_out_of_the_command(server):
    file = WeightFile.of_address(f'{server.url}?a=1;b')
    fetch_weights(file, limits=QUICK).unlink()
    server.reply(whole(content=ANOTHER))
    assert re.search(r'python tools/download\.py ADDRESS --again$', refused(fetch_weights, file, limits=QUICK))


def test_a_damaged_file_stays_until_a_whole_one_is_there(server, content):
    """It may be the right one, put in the place of a broken first download."""
    path = fetch([server.url])
    path.write_bytes(ANOTHER)
    server.reply(status(404))
    assert 'has no such file' in refused(fetch, [server.url])
    assert path.read_bytes() == ANOTHER


def saved(**options):
    content = io.BytesIO()
    torch.save({'a': torch.arange(600.0)}, content, **options)
    return content.getvalue()


ARCHIVE, PICKLE = saved(), saved(_use_new_zipfile_serialization=False)
AT = ARCHIVE.index(torch.arange(600.0).numpy().tobytes())
POINTER = b'version https://git-lfs.github.com/spec/v1\noid sha256:' + b'0' * 64 + b'\nsize 174102344\n'


@pytest.mark.parametrize(
    ('broken', 'reason'),
    [
        (b'<p>Please sign in</p>' * 50, "no checkpoint but a file that begins with '<p>Please"),
        (POINTER, "no checkpoint but a file that begins with 'version https://git-lfs"),
        (bytes(3000), 'gives no checkpoint'),
        (checkpoint()[:-1], 'not whole'),
        (checkpoint() + b'more', 'not whole'),
        (ARCHIVE[:-30], 'not whole'),
        (ARCHIVE[: AT + 100] + bytes(500) + ARCHIVE[AT + 600 :], 'is broken'),
        (PICKLE[:-100], 'not whole'),
        (PICKLE[:40], 'not whole'),
    ],
)
def test_what_is_no_checkpoint_is_not_remembered(server, tmp_path, broken, reason):
    server.reply(whole(content=broken))
    assert reason in refused(fetch, [server.url])
    assert left(tmp_path) == []
    server.reply(whole())
    assert fetch([server.url]).read_bytes() == checkpoint()


@pytest.mark.parametrize('content', [ARCHIVE, PICKLE, checkpoint(), checkpoint(90)])
def test_checkpoints_of_every_format_are_remembered(server, content):
    server.reply(whole(content=content))
    path = fetch([server.url])
    assert json.loads(path.with_name('f.pth.json').read_text())['sha256'] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize('published', [True, False])
def test_a_damaged_file_is_noticed_and_fetched_again(server, content, sha256, published, caplog):
    known = {'sha256': sha256 if published else ''}
    path = fetch([server.url], **known)
    path.write_bytes(content[:-1] + b'?')
    assert fetch([server.url], **known).read_bytes() == content
    assert any('is damaged' in line for line in caplog.messages)
    # The same time of change hides it from all but --verify.
    times = path.stat()
    path.write_bytes(content[:-1] + b'!')
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert fetch([server.url], **known).read_bytes() != content
    assert fetch([server.url], **known, verify=True).read_bytes() == content
    assert len(server.asked) == 3


def test_a_file_put_there_by_hand_counts(server, content, sha256, tmp_path):
    place = tmp_path / 'home' / 'weights' / sha256[:16] / 'f.pth'
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    assert fetch([server.url], sha256=sha256) == place
    assert server.asked == []


@pytest.mark.parametrize('variable', ['ZOO_OFFLINE', 'HF_HUB_OFFLINE'])
def test_offline(server, sha256, monkeypatch, variable, tmp_path):
    monkeypatch.setenv(variable, '1')
    expected = tmp_path / 'home' / 'weights' / sha256[:16] / 'f.pth'
    with pytest.raises(UsageError, match=rf'{variable} is set: unset it, or put the file at .*f\.pth') as caught:
        fetch([server.url], sha256=sha256)
    assert str(expected) in str(caught.value)
    assert server.asked == []
    monkeypatch.setenv(variable, '0')
    path = fetch([server.url], sha256=sha256)
    monkeypatch.setenv(variable, 'true')
    server.reply(status(500))
    assert fetch([server.url], sha256=sha256) == path == expected
    assert server.asked == []


def test_no_room(server, sha256, monkeypatch, tmp_path):
    usage = namedtuple('usage', 'total used free')
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: usage(9000, 6500, 2500))
    with pytest.raises(UsageError, match=r'0 MB free, .* are needed: make room, or set ZOO_HOME'):
        fetch([server.url], sha256=sha256)
    # Of what has arrived nothing has to come again, so the rest may fit.
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: usage(9000, 6500, 9000))
    server.reply(whole(cut=800))
    assert 'gave up' in refused(fetch, [server.url], sha256=sha256, limits=replace(QUICK, attempts=1))
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: usage(9000, 6500, 2500))
    server.reply(whole())
    assert fetch([server.url], sha256=sha256).is_file()


def test_a_disk_that_fills_up(server, sha256, monkeypatch, tmp_path, content):
    """The write fails in the middle; what has arrived stays, and there is no second attempt."""
    real = Path.open

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, block):
            self.file.write(block[:1000])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def opened(path, mode='r', *args, **more):
        file = real(path, mode, *args, **more)
        return Full(file) if 'a' in mode else file

    with monkeypatch.context() as patch:
        patch.setattr(Path, 'open', opened)
        with pytest.raises(UsageError, match=r'cannot be written to .*No space left on device.*what has arrived is'):
            fetch([server.url], sha256=sha256)
    assert len(server.asked) == 1
    assert fetch([server.url], sha256=sha256).read_bytes() == content
    assert server.ranges == [None, 'bytes=1000-']


def test_a_cache_that_cannot_be_written(server, tmp_path, monkeypatch):
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('ZOO_HOME', str(tmp_path / 'file'))
    assert re.search(r'cannot be written .*set ZOO_HOME', refused(fetch, [server.url]))
    assert server.asked == []


def test_a_folder_in_the_place_of_the_file(server, sha256, tmp_path):
    (tmp_path / 'home' / 'weights' / sha256[:16] / 'f.pth').mkdir(parents=True)
    assert 'cannot be read' in refused(fetch, [server.url], sha256=sha256)


def test_mirrors_come_first_and_have_the_layout_of_the_cache(server, content, sha256, tmp_path, monkeypatch):
    path = fetch([server.url], sha256=sha256)
    server.reply(status(500))
    copied = tmp_path / 'copied'
    shutil.copytree(path.parents[1], copied)
    for prefix in (str(copied), copied.as_uri() + '/'):
        monkeypatch.setenv('ZOO_MIRROR', prefix)
        found = fetch([server.url], sha256=sha256, cache=tmp_path / prefix[:4].strip('/'))
        assert found.read_bytes() == content
    assert server.asked == []
    with serving(content) as mirror:
        monkeypatch.setenv('ZOO_MIRROR', f'{tmp_path}/empty {mirror.root}/zoo/')
        fetch([server.url], sha256=sha256, cache=tmp_path / 'third')
        assert [asked for asked, _ in mirror.asked] == [f'/zoo/{sha256[:16]}/f.pth']
    with serving(b'false') as mirror:
        monkeypatch.setenv('ZOO_MIRROR', mirror.root)
        server.reply(whole())
        found = fetch([server.url], sha256=sha256, cache=tmp_path / 'fourth')
        assert found.read_bytes() == content


def test_files_of_this_machine(content, sha256, tmp_path, monkeypatch):
    monkeypatch.setenv('ZOO_OFFLINE', '1')
    source = tmp_path / 'a b%.pth'
    source.write_bytes(content)
    path = fetch([source.as_uri()], sha256=sha256)
    assert path.read_bytes() == content
    assert path != source
    source.write_bytes(content[:-1])
    assert 'gives another content' in refused(fetch, [source.as_uri()], name='g.pth', sha256=sha256)
    assert 'gives 2,999 bytes, the file has 3,000' in refused(fetch, [source.as_uri()], name='g.pth', size=3000)
    for wrong in ((tmp_path / 'none').as_uri(), tmp_path.as_uri()):
        assert 'is not there' in refused(fetch, [wrong], name='g.pth')
    assert 'names the machine server' in refused(fetch, ['file://server/f.pth'], name='g.pth')
    assert 'is no path' in refused(fetch, ['file:///a%00b'], name='g.pth')
    assert sorted(left(tmp_path)) == ['f.pth', 'f.pth.json']


def test_files_of_the_repository_are_used_where_they_lie(tmp_path, monkeypatch, content, sha256, server):
    from zoo.hub import names

    monkeypatch.setattr(names, 'ROOT', tmp_path)
    file = WeightFile('model', ('weights/model.safetensors', server.url), sha256, len(content))
    assert local_copy(file) is None
    path = tmp_path / 'weights' / 'model.safetensors'
    path.parent.mkdir()
    path.write_bytes(content)
    assert fetch_weights(file) == local_copy(file) == path
    assert server.asked == []
    path.write_bytes(b'damaged')
    assert local_copy(file) is None
    assert fetch_weights(file, limits=QUICK).read_bytes() == content
    alone = replace(file, sources=file.sources[:1], name='other')
    assert 'does not have the SHA-256 of the index, fetch the repository again' in refused(fetch_weights, alone)
    path.unlink()
    assert 'is not there, fetch the repository again' in refused(fetch_weights, alone)


def test_pauses_grow_vary_and_end():
    limits = Limits(wait=1, longest_wait=8)
    for failures, (least, most) in {1: (0.5, 1), 2: (1, 2), 3: (2, 4), 4: (4, 8), 5: (8, 8), 5000: (8, 8)}.items():
        drawn = [limits.pause(failures) for _ in range(50)]
        assert least <= min(drawn) <= max(drawn) <= most
        assert len(set(drawn)) > 1 or least == most
    assert limits.pause(1, asked=5) == 5
    assert limits.pause(1, asked=1e9) == 8
