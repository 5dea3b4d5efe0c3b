"""Kills ``prepare`` at every step on the file system, and more; prints what came of it as JSON.

Run as a program: it imports everything once and forks for each try.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import traceback
from pathlib import Path

from tests.datasets.prepared.sources import Toys, toys
from zoo.datasets.prepared import MappedPack, prepare
from zoo.errors import UsageError

STEPS = {'open', 'os.mkdir', 'os.rename', 'os.remove', 'os.rmdir', 'fcntl.flock'}


def fork(work) -> int:
    """Run a function in a fork; return its process id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def wait(child: int) -> int:
    """Return the exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_at(step: int, destination: Path, parts) -> int:
    """Prepare in a fork that kills itself at a step on the file system; return its exit code."""

    def work():
        count = 0

        def audit(event, arguments):
            nonlocal count
            if event in STEPS and (event != 'open' or str(destination) in str(arguments[0])):
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(audit)
        prepare(destination, parts, workers=1, progress=False)

    return wait(fork(work))


def content(path: Path) -> str:
    """Return the fingerprint of what lies at a path, or 'nothing'."""
    return MappedPack(path, 'all').fingerprint if path.exists() else 'nothing'


def at_every_step(folder: Path) -> dict:
    """Kill at step 1, 2, 3, ... until a run ends before that; an older pack is in the place from the beginning."""
    parts = {'train': Toys(0, 20), 'test': Toys(1, 3)}
    new = content(prepare(folder / 'new', parts, progress=False))
    old = content(prepare(folder / 'old', {'train': Toys(2, 9)}, progress=False))
    step, after_kill, left = 0, [], set()
    while True:
        step += 1
        home = folder / f'{step:03d}'
        home.mkdir()
        shutil.copytree(folder / 'old', home / 'pack')
        code = kill_at(step, home / 'pack', parts)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        after_kill.append({old: 'old', new: 'new'}.get(found := content(home / 'pack'), found))
        prepare(home / 'pack', parts, workers=1, progress=False)
        assert content(home / 'pack') == new
        left |= {path.name for path in home.iterdir()}
        shutil.rmtree(home)
    return {'steps': step, 'after_kill': after_kill, 'left': sorted(left)}


def together(folder: Path) -> dict:
    """Prepare the same pack in two processes at once."""
    log = folder / 'log'
    parts = {'train': toys(size=100, delay=0.002, log=str(log))}
    children = [fork(lambda: prepare(folder / 'pack', parts, workers=1, progress=False)) for _ in range(2)]
    codes = [wait(child) for child in children]
    read = log.read_text(encoding='utf-8').split()
    log.unlink()
    return {
        'codes': codes,
        'same': content(folder / 'pack') == content(prepare(folder / 'calm', parts, progress=False)),
        'objects': len(set(read)),
        'twice': sorted({name for name in read if read.count(name) > 1}),
        'left': sorted(path.name for path in folder.iterdir()),
    }


def full_disk(folder: Path) -> dict:
    """Prepare where no file may grow beyond a size: in the chunks, then in what they are joined to."""
    parts, messages = {'train': Toys(0, 200)}, []

    def work(limit):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            prepare(folder / 'pack', parts, progress=False)
        except UsageError as error:
            (folder / 'message').write_text(str(error), encoding='utf-8')

    for limit in (4_000, 20_000):
        assert wait(fork(lambda limit=limit: work(limit))) == 0
        messages.append((folder / 'message').read_text(encoding='utf-8'))
        (folder / 'message').unlink()
        assert not (folder / 'pack').exists()
    chunks = len(list(folder.rglob('*.npz')))
    assert not list(folder.rglob('*.npy'))
    prepare(folder / 'pack', parts, progress=False)
    return {'messages': messages, 'chunks': chunks, 'left': sorted(path.name for path in folder.iterdir())}


def main(folder: Path) -> None:
    """Run everything."""
    os.fsync = lambda _: None  # for power cuts, which are not tried here; the disk would take most of the time
    results = {}
    for scene in (at_every_step, together, full_disk):
        home = folder / scene.__name__
        home.mkdir()
        results[scene.__name__] = scene(home)
    print(json.dumps(results))


if __name__ == '__main__':
    main(Path(sys.argv[1]))
