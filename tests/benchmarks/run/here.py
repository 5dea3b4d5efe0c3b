"""Workers that are this process, for tests of what a benchmark leaves on disk: a process of its own takes seconds."""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks.run import worker
from benchmarks.run.launchers import Share
from benchmarks.run.results import Results


class HereLink:
    def __init__(self, out):
        self.out = out
        self.read, self.write = os.pipe()
        self._answer({'state': 'ready'})

    def _answer(self, answer):
        os.write(self.write, f'{json.dumps(answer)}\n'.encode())

    def fileno(self):
        return self.read

    def send(self, line):
        self._answer(worker.serve(Results(self.out), json.loads(line)))

    def stop(self, force):
        os.close(self.write)

    def wait(self):
        os.close(self.read)

    def reason(self):
        return ''

    def killed(self):
        return False


class Here:
    def share(self, jobs):
        return Share(1)

    def start(self, place, share, arguments):
        return HereLink(Path(arguments[0]))
