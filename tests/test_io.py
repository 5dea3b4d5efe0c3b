import contextlib
import errno
import hashlib
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

import zoo.io
from zoo.errors import UnreadableError, UsageError
from zoo.io import UNFINISHED, claimed, file_hash, named, reading, sweep, walk, whole, write_tensors, write_whole


def leftovers(folder):
    return sorted(path.name for path in folder.rglob(f'.*{UNFINISHED}'))


@pytest.mark.parametrize('content', [b'bytes \xff', 'täxt', lambda file: file.write(b'from a function')])
def test_all_kinds_of_content(tmp_path, content):
    path = tmp_path / 'new' / 'folder' / 'file'
    write_whole(path, content)
    expected = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else None
    assert path.read_bytes() == (expected or b'from a function')
    assert os.listdir(path.parent) == ['file']


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o002)
    try:
        write_whole(tmp_path / 'shared', b'')
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / 'shared').stat().st_mode) == 0o664


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / 'file'
    write_whole(path, b'old')

    def interrupted(file):
        file.write(b'half of the n')
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(path, interrupted)
    assert path.read_bytes() == b'old'
    assert os.listdir(tmp_path) == ['file']


def test_content_reaches_the_disk_before_the_name(tmp_path, monkeypatch):
    calls = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, 'fsync', lambda descriptor: calls.append(os.fstat(descriptor)) or sync(descriptor))
    monkeypatch.setattr(Path, 'replace', lambda self, target: calls.append('replace') or replace(self, target))
    write_whole(tmp_path / 'file', b'content')
    content, name, folder = calls
    assert content.st_size == len(b'content')
    assert name == 'replace'
    assert stat.S_ISDIR(folder.st_mode)


KILLED = """
import os, signal, sys
from zoo.io import write_whole
def die(file):
    file.write(b'half'); file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
write_whole(sys.argv[1], die)
"""


def test_what_a_killed_writer_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path):
    target = tmp_path / 'deep' / 'file'
    write_whole(target, b'old')
    assert subprocess.run([sys.executable, '-c', KILLED, str(target)]).returncode == -signal.SIGKILL
    assert len(leftovers(tmp_path)) == 1
    with whole(target) as temporary:
        temporary.write_bytes(b'new')
        assert sweep(tmp_path) == 1
        assert leftovers(tmp_path) == [temporary.name]
    assert target.read_bytes() == b'new'
    assert sweep(tmp_path) == 0


def test_writers_and_sweepers_at_once(tmp_path):
    """A sweep between the creation of a file and its lock must not lose the write."""
    done = threading.Event()

    def sweeping():
        while not done.is_set():
            sweep(tmp_path)

    sweepers = [threading.Thread(target=sweeping) for _ in range(2)]
    for thread in sweepers:
        thread.start()
    try:
        for number in range(200):
            write_whole(tmp_path / 'file', str(number))
            assert (tmp_path / 'file').read_text() == str(number)
    finally:
        done.set()
        for thread in sweepers:
            thread.join()
    assert os.listdir(tmp_path) == ['file']


def test_a_sweep_leaves_a_file_that_took_the_name_of_what_it_locked(tmp_path, monkeypatch):
    path = tmp_path / f'.file.1{zoo.io.UNFINISHED}'
    path.touch()
    lock = zoo.io.fcntl.flock

    def late(file, how):
        path.unlink()  # by another sweep
        path.write_text('of a living writer')
        lock(file, how)

    monkeypatch.setattr(zoo.io.fcntl, 'flock', late)
    assert sweep(tmp_path) == 0
    assert path.read_text() == 'of a living writer'


@pytest.mark.parametrize(
    'content',
    [
        bytes(200_000),
        lambda file: np.save(file, np.zeros(100_000)),
        *(
            lambda file, size=size: torch.save({'a': torch.zeros(size), 'b': torch.ones(9)}, file)
            for size in (16_000, 50_000)
        ),
    ],
)
def test_a_full_disk_keeps_the_old_file_and_is_told_by_name(tmp_path, mount, content):
    path = tmp_path / 'disk' / 'file'
    mount(path.parent, 'size=64k')
    write_whole(path, b'old')
    with pytest.raises(OSError) as caught:
        write_whole(path, content)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    assert path.read_bytes() == b'old'
    assert os.listdir(path.parent) == ['file']


def test_a_missing_folder_is_told_by_name(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, whole(tmp_path / 'gone' / 'file'):
        pass
    assert caught.value.filename == str(tmp_path / 'gone' / 'file')


def test_what_cannot_be_read_is_told_from_what_is_not_there(tmp_path):
    for error in (FileNotFoundError(errno.ENOENT, 'no'), OSError(errno.EINVAL, 'an offset'), OSError('by text')):
        with pytest.raises(type(error)) as same, reading(tmp_path):
            raise error
        assert same.value is error
    for number in (errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE, errno.ESTALE):
        with pytest.raises(UnreadableError, match=r'/x cannot be read \(.*\) and is left as it is: ask'), reading('/y'):
            raise OSError(number, os.strerror(number), '/x')


def test_a_walk_passes_over_nothing(tmp_path, monkeypatch):
    (tmp_path / 'a' / 'b').mkdir(parents=True)
    assert [os.path.relpath(place, tmp_path) for place, _, _ in walk(tmp_path)] == ['.', 'a', 'a/b']
    real = os.scandir

    def scandir(place):
        if str(place).endswith('b'):
            raise PermissionError(errno.EACCES, 'Permission denied', str(place))
        return real(place)

    monkeypatch.setattr(os, 'scandir', scandir)
    with pytest.raises(UnreadableError, match='a/b cannot be read'):
        list(walk(tmp_path))


def test_equal_weights_make_equal_files(tmp_path):
    tensors = {'b': torch.arange(6.0).view(2, 3), 'a': torch.ones(3, dtype=torch.float16)}
    header = {letter: letter * 9 for letter in 'zyxwäö'}
    for number in range(9):
        write_tensors(tmp_path / f'{number}', tensors, header)
    assert len({(tmp_path / f'{number}').read_bytes() for number in range(9)}) == 1
    with safe_open(tmp_path / '0', 'pt') as file:
        assert file.metadata() == header
        assert all(torch.equal(file.get_tensor(name), tensor) for name, tensor in tensors.items())
        assert set(file.keys()) == set(tensors)


def test_file_hash(tmp_path):
    content = bytes(range(256)) * 9000  # more than one block
    (tmp_path / 'file').write_bytes(content)
    assert file_hash(tmp_path / 'file') == hashlib.sha256(content).hexdigest()


@contextlib.contextmanager
def other_process_claims(path, forks=False):
    """Let another process hold a claim while the block runs, then kill it; yields the process."""
    code = (
        'import os, sys, time; from pathlib import Path; from zoo.io import claimed\n'
        'with claimed(Path(sys.argv[1]), "trained"):\n'
        f'    child = os.fork() if {forks} else 1\n'
        '    print(child, flush=True) if child else None\n'
        '    time.sleep(60)'
    )
    other = subprocess.Popen([sys.executable, '-c', code, str(path)], stdout=subprocess.PIPE, text=True)
    other.child = int(other.stdout.readline())
    try:
        yield other
    finally:
        other.kill()
        other.wait()


def test_a_claim_names_its_holder_and_ends_with_it(tmp_path):
    """Also where children of the holder live on, as the loader workers of a killed training do for a while."""
    path = tmp_path / 'work' / '.training'
    path.parent.mkdir()
    with other_process_claims(path, forks=True) as other:
        expected = rf'work: trained by process {other.pid} on .* since 2.*: wait for its end'
        with pytest.raises(UsageError, match=expected), claimed(path, 'trained'):
            pass
        assert path.exists()
    os.kill(other.child, 0)
    with claimed(path, 'trained'):
        assert f'process {os.getpid()} ' in path.read_text()
    assert not path.exists()
    os.kill(other.child, signal.SIGKILL)


def test_errors_without_a_name_get_one():
    with pytest.raises(OSError, match='No space left') as caught, named('folder'):
        raise OSError(errno.ENOSPC, 'No space left on device')
    assert caught.value.filename == 'folder'
    with pytest.raises(OSError, match='No space left') as caught, named('folder'):
        raise OSError(errno.ENOSPC, 'No space left on device', 'file')
    assert caught.value.filename == 'file'
