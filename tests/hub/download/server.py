"""A server on this machine that can be as bad as the world is."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from zoo.hub.download import Limits, WeightFile, fetch_weights

QUICK = Limits(attempts=3, connect=5, read=5, wait=0.001, longest_wait=0.01, spare_bytes=0)
"""Waits of a test."""


def fetch(sources, *, name='f.pth', sha256='', size=0, limits=QUICK, **options):
    """A local file of some addresses."""
    return fetch_weights(WeightFile(name, tuple(sources), sha256, size, format=''), limits=limits, **options)


def checkpoint(size=3000, seed=7):
    """A .safetensors file of so many bytes."""
    for values in range(size - 8, 0, -1):
        header = json.dumps({'a': {'dtype': 'U8', 'shape': [values], 'data_offsets': [0, values]}}).encode()
        if 8 + len(header) + values <= size:
            header = header.ljust(size - 8 - values)
            return len(header).to_bytes(8, 'little') + header + random.Random(seed).randbytes(values)
    raise ValueError(size)


def left(folder):
    """Names of the files in the cache of a test."""
    return [path.name for path in (folder / 'home').rglob('*') if path.is_file() and path.suffix != '.lock']


class Server:
    """Answers every path as its next reply says; the last one stays."""

    def __init__(self, http, content):
        self.http, self.content, self.replies, self.asked = http, content, [], []
        self.lock = threading.Lock()

    @property
    def root(self):
        return f'http://127.0.0.1:{self.http.server_port}'

    @property
    def url(self):
        return f'{self.root}/files/weights.pth'

    @property
    def ranges(self):
        """What was asked for, one entry a request; None for everything."""
        return [headers.get('range') for _, headers in self.asked]

    def reply(self, *replies):
        self.replies, self.asked = list(replies), []

    def answer(self, handler):
        with self.lock:
            self.asked.append((handler.path, {key.lower(): value for key, value in handler.headers.items()}))
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        try:
            reply(handler, self.content)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client has had enough
        finally:
            handler.close_connection = True


@contextmanager
def serving(content=b'', *replies):
    """Yield a server of ``content``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def do_GET(self):
            server.answer(self)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    http.daemon_threads = True
    server = Server(http, content)
    server.reply(*(replies or (whole(),)))
    thread = threading.Thread(target=http.serve_forever, kwargs={'poll_interval': 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def send(handler, status, body=b'', **headers):
    """Send an answer; ``Content_Length='...'`` replaces the true one, None leaves it out."""
    handler.send_response(status)
    # Closed after each answer: a client that reuses the line would now and then find it gone.
    lines = {'Content-Type': 'application/octet-stream', 'Content-Length': str(len(body)), 'Connection': 'close'}
    lines |= {key.replace('_', '-'): value for key, value in headers.items()}
    for key, value in lines.items():
        if value is not None:
            handler.send_header(key, value)
    handler.end_headers()
    if handler.command != 'HEAD':
        handler.wfile.write(body)


def whole(*, cut=None, ranges=True, content=None, **headers):
    """A file server: understands Range and If-Range, and may cut the line after ``cut`` bytes of this answer."""
    headers = {'ETag': '"one"', **headers}

    def reply(handler, served):
        body = served if content is None else content
        asked = re.fullmatch(r'bytes=(\d+)-', handler.headers.get('Range', ''))
        condition = handler.headers.get('If-Range')
        valid = condition is None or condition in (headers.get('ETag'), headers.get('Last-Modified'))
        status, start, more = 200, 0, {}
        if asked and ranges and valid:
            status, start = 206, int(asked[1])
            if start >= len(body):
                send(handler, 416, Content_Range=f'bytes */{len(body)}')
                return
            more = {'Content_Range': f'bytes {start}-{len(body) - 1}/{len(body)}'}
        rest = body[start:]
        more['Content_Length'] = str(len(rest))
        send(handler, status, rest if cut is None else rest[:cut], **{**more, **headers})

    return reply


def status(number, body=b'', **headers):
    """An answer without the file."""
    return lambda handler, _: send(handler, number, body, **headers)


def moved(to, number=302):
    """A redirect."""
    return status(number, Location=to)


def begins(*sizes, pause, **headers):
    """The file's beginning in pieces of so many bytes, with a pause of some seconds after each."""

    def reply(handler, served):
        handler.send_response(200)
        for key, value in {'Content-Length': str(len(served)), **headers}.items():
            handler.send_header(key, value)
        handler.end_headers()
        for size in sizes:
            handler.wfile.write(served[:size])
            served = served[size:]
            time.sleep(pause)

    return reply
