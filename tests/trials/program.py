"""Disturbs the tools as life does: kills them at any moment, fills their disk; prints what came of it as JSON.

    python -m tests.trials.program FOLDER SEED KIND=KILLS,DISKS ...

It imports everything once and forks for each try. A try is a command that was disturbed, and the same command run
again to its end, whose result is compared with that of a run that nobody disturbed.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import torch
from safetensors.torch import load_file

from benchmarks.records import Store
from tests.datasets.meshes.solids import save_box
from tests.hub.download.server import checkpoint
from zoo.datasets.prepared import MappedPack
from zoo.datasets.storage import content_hash
from zoo.engine.cli import run_cli

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 600.0
"""Seconds after which a command counts as stuck."""

TRAIN = (
    *('train_cfg.max_epochs=4', 'train_dataloader.batch_size=4', 'train_dataloader.dataset.num_objects=16'),
    *('train_dataloader.dataset.num_points=512', 'model.backbone.depth=2', 'model.backbone.embed_dim=48'),
)


@dataclass(frozen=True)
class Kind:
    """A command and what it makes.

    Attributes:
        tool: its file in ``tools``.
        arguments: of the folder it works in.
        result: digests by name of what it has made there, of all that is to be the same.
        again: arguments that the second run has more.
    """

    tool: str
    arguments: Callable[[Path], list[str]]
    result: Callable[[Path], dict[str, str]]
    again: tuple[str, ...] = ()


def main_of(tool):
    """Return the function of a tool."""
    spec = importlib.util.spec_from_file_location(f'{tool}_tool', ROOT / 'tools' / f'{tool}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def trained(place):
    weights = load_file(place / 'run' / 'weights.safetensors')
    state = torch.load(place / 'run' / 'epoch_4.pth', weights_only=True)
    digest = {name: content_hash(tensor.float().numpy()) for name, tensor in sorted(weights.items())}
    return {**digest, 'epoch': str(state['meta']['epoch']), 'optimizer': str(len(state['optimizer']['state']))}


def measured(place):
    """Every record but for times, and what the run printed of them."""
    found = {}
    for result in Store.of(place / 'out').results.values():
        if record := result.record:
            found[result.key] = json.dumps([record.metrics, record.weights_digest], sort_keys=True)
    for path in (place / 'out' / 'tables').rglob('*.csv'):
        found[path.name] = path.read_text()
    return found


def prepared(place):
    pack = MappedPack(place / 'pack', 'all')
    rows = range(len(pack))
    arrays = [array for row in rows for array in (pack.points(row), pack.normals(row), pack.image(row, 0))]
    left = sorted(path.name for path in place.glob('pack*'))
    return {'fingerprint': pack.fingerprint, 'content': content_hash(*arrays, pack.labels), 'left': str(left)}


def downloaded(place):
    files = sorted(path for path in (place / 'home').rglob('*') if path.is_file() and path.suffix != '.lock')
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.suffix != '.json'}
    return {**digests, 'notes': str([path.name for path in files if path.suffix == '.json'])}


def kinds(meshes, address):
    """The four commands.

    Args:
        meshes: folder of meshes to prepare.
        address: of a file on a slow server.
    """
    recipe = [str(ROOT / 'configs' / 'point_mae' / 'nano.py'), '--device', 'cpu', '--cfg-options', *TRAIN]
    asked = ['--suite', 'few_shot', '--models', 'point-mae', '--profile', 'smoke', '--jobs', '1']
    options = ['--options', 'num_points=64', 'views=1', 'image_size=16', 'images=True', '--workers', '1']
    return {
        'training': Kind('train', lambda place: [*recipe, '--work-dir', str(place / 'run')], trained, ('--resume',)),
        'benchmark': Kind('benchmark', lambda place: [*asked, '--out', str(place / 'out')], measured),
        'prepare': Kind(
            'data', lambda place: ['prepare', str(meshes), '--out', str(place / 'pack'), *options], prepared
        ),
        'download': Kind('download', lambda place: [address], downloaded),
    }


def start(kind, place, *more):
    """Fork a process that runs the command with its output in ``place.log``; return its id."""
    arguments = [*kind.arguments(place), *more]
    child = os.fork()
    if child:
        with contextlib.suppress(OSError):  # both do it: neither knows who is first
            os.setpgid(child, child)
        return child
    with contextlib.suppress(BaseException):
        os.setpgid(0, 0)
        log = os.open(f'{place}.log', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ['ZOO_HOME'] = str(place / 'home')
        os.chdir(place)
        sys.argv[0] = str(ROOT / 'tools' / f'{kind.tool}.py')
        code = run_cli(lambda _: TOOLS[kind.tool](arguments))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    os._exit(99)


def finish(child, most=LONGEST):
    """Wait for a process; return its exit code, None when it had to be killed after so many seconds."""
    end = time.monotonic() + most
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    return None


def log_of(place):
    path = Path(f'{place}.log')
    return path.read_text(errors='replace') if path.exists() else ''


def verdict(kind, place, expected, code, logs):
    """What came of a try, and the words that say why."""
    if any('Traceback' in log for log in logs):
        return 'traceback', ''.join(logs)[-3000:]
    if code is None:
        return 'lost', f'stuck\n{logs[-1][-2000:]}'
    if code:
        return 'lost', f'exit code {code}\n{logs[-1][-2000:]}'
    try:
        found = kind.result(place)
    except Exception as error:
        return 'lost', f'{type(error).__name__}: {error}\n{logs[-1][-2000:]}'
    wrong = [name for name in {*found, *expected} if found.get(name) != expected.get(name)]
    if wrong:
        return ('lost' if set(expected) - set(found) else 'silent'), f'{len(wrong)} differ: {wrong[:3]}'
    return 'right', ''


def again(kind, place):
    """Run the command once more to its end; ``--resume`` where it has that."""
    code = finish(start(kind, place, *kind.again))
    return code, log_of(place)


def killed(kind, place, expected, seconds, draw):
    """Kill the command up to three times, then run it to its end."""
    logs = []
    for number in range(draw.choice((1, 1, 2, 3))):
        child = start(kind, place, *(kind.again if number else ()))
        code = finish(child, draw.uniform(0, seconds))
        if code is None:
            # Mostly the process alone: what it has started must notice. A node that goes down takes all.
            (os.kill if draw.random() < 0.7 else os.killpg)(child, signal.SIGKILL)
            os.waitpid(child, 0)
        logs.append(log_of(place))
    code, log = again(kind, place)
    return verdict(kind, place, expected, code, [*logs, log])


def filled(kind, place, expected, needed, draw):
    """Run the command on a disk that is too small; then make room, and run it again."""
    size = draw.randrange(4096, max(needed, 8192))
    subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', str(place)], check=True)
    try:
        code = finish(start(kind, place))
        log = log_of(place)
        told = [line for line in log.splitlines() if line.startswith('error:') or 'space' in line.lower()]
        found = None
        if 'Traceback' in log:
            found = 'traceback', log[-3000:]
        elif code == 0 and kind.result(place) != expected:
            found = 'silent', f'done on a disk of {size} bytes'
        elif code != 0 and (code not in (1, 2) or not told):
            found = 'lost', f'exit code {code} without a line that says why\n{log[-2000:]}'
        subprocess.run(['mount', '-o', 'remount,size=1g', str(place)], check=True)
        code, last = again(kind, place)
        return found or verdict(kind, place, expected, code, [last])
    finally:
        # Helpers of the command may still be about to notice that it is gone.
        while subprocess.run(['umount', str(place)], capture_output=True).returncode:
            time.sleep(0.1)


def used(folder):
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob('*'))


def slow_server(content, seconds):
    """Serve a file that takes a while and can be gone on with; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def do_GET(self):
            asked = self.headers.get('Range', '').removeprefix('bytes=').removesuffix('-')
            begin = int(asked) if asked.isdecimal() and self.headers.get('If-Range', '"1"') == '"1"' else 0
            rest = content[begin:]
            self.send_response(206 if begin else 200)
            if begin:
                self.send_header('Content-Range', f'bytes {begin}-{len(content) - 1}/{len(content)}')
            for key, value in (('Content-Length', len(rest)), ('ETag', '"1"'), ('Connection', 'close')):
                self.send_header(key, str(value))
            self.end_headers()
            self.close_connection = True
            block = len(content) // 50
            with contextlib.suppress(OSError):
                for place in range(0, len(rest), block):
                    self.wfile.write(rest[place : place + block])
                    time.sleep(seconds / 50)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}/mine.safetensors'


def run(folder, seed, wanted):
    """Do all tries; returns a row for each kind and fault, and what went wrong in words."""
    meshes = folder / 'meshes'
    for number in range(24):
        save_box(meshes / ('tall', 'flat')[number % 2] / f'{number}.off', 1, 1 + number, 2)
    known = kinds(meshes, slow_server(checkpoint(400_000), 0.5))
    rows, words = [], []
    for name, (kills, disks) in wanted.items():
        kind, calm = known[name], folder / f'{name}-calm'
        calm.mkdir()
        begin = time.monotonic()
        code = finish(start(kind, calm))
        seconds = time.monotonic() - begin
        assert code == 0, log_of(calm)
        expected, needed = kind.result(calm), used(calm)
        for fault, tries in (('kills', kills), ('full disks', disks)):
            row = dict.fromkeys(('right', 'lost', 'silent', 'traceback'), 0)
            for number in range(tries):
                draw = random.Random(f'{seed} {name} {fault} {number}')
                place = folder / f'{name}-{fault.split()[0]}-{number}'
                place.mkdir()
                how, most = (killed, seconds) if fault == 'kills' else (filled, needed)
                found, why = how(kind, place, expected, most, draw)
                row[found] += 1
                if found == 'right':
                    shutil.rmtree(place)
                else:
                    words.append(f'{name}, {fault}, try {number}: {found}: {why}')
                    print(words[-1], file=sys.stderr, flush=True)
            if tries:
                rows.append({'kind': name, 'fault': fault, 'tries': tries, **row})
                print(rows[-1], file=sys.stderr, flush=True)
    return rows, words


if __name__ == '__main__':
    torch.set_num_threads(1)
    TOOLS = {tool: main_of(tool) for tool in ('train', 'benchmark', 'data', 'download')}
    pairs = (argument.partition('=') for argument in sys.argv[3:])
    asked = {name: tuple(map(int, counts.split(','))) for name, _, counts in pairs}
    print(json.dumps(run(Path(sys.argv[1]).absolute(), int(sys.argv[2]), asked)))
