"""Worker processes and what they answer."""

from __future__ import annotations

import json
import os
import selectors
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.run.launchers import Launcher, Share
from benchmarks.run.links import Link
from zoo.errors import UsageError

STARTS = 5
"""Workers that may end before they are ready; more are not bad luck."""


@dataclass
class Worker:
    """One process.

    Attributes:
        link: to it.
        name: of its log.
        key: of the job it is at; empty when it is idle.
        ready: it has imported what it needs.
    """

    link: Link
    name: str
    key: str = ''
    ready: bool = False
    _rest: str = field(default='', repr=False)

    def give(self, order: dict[str, Any]) -> None:
        """Send a job."""
        self.key = order['key']
        self.link.send(json.dumps(order))

    def answers(self) -> list[dict[str, Any]] | None:
        """What it has said since the last time; None when it has ended."""
        content = os.read(self.link.fileno(), 1 << 16)
        if not content:
            return None
        *lines, self._rest = (self._rest + content.decode()).split('\n')
        return [json.loads(line) for line in lines]


class Pool:
    """As many workers as the share says; those that die are replaced.

    Args:
        out: folder of results.
        share: of the machine.
        modules: that register the kinds of jobs.
        launcher: starts the workers.
    """

    def __init__(self, out: Path, share: Share, modules: Sequence[str], launcher: Launcher) -> None:
        self.out, self.share, self.modules, self.launcher = out, share, modules, launcher
        self._selector = selectors.DefaultSelector()
        self._lost = 0
        self.workers: list[Worker] = []

    def __enter__(self) -> Pool:
        self.workers = [self._start(place) for place in range(self.share.workers)]
        return self

    def __exit__(self, *reason: object) -> None:
        """End all workers: the idle ones by closing their input, the others by force."""
        for worker in self.workers:
            worker.link.stop(force=bool(worker.key))
        for worker in self.workers:
            worker.link.wait()
        self._selector.close()

    def idle(self) -> list[Worker]:
        """Workers without a job; a new one takes its first while it is still starting."""
        return [worker for worker in self.workers if not worker.key]

    def events(self, timeout: float) -> Iterator[tuple[Worker, dict[str, Any] | None]]:
        """Answers that have come in; None for a worker that has died, which is replaced.

        Args:
            timeout: seconds to wait for the first.

        Raises:
            UsageError: workers cannot start.
        """
        for ready, _ in self._selector.select(timeout):
            place: int = ready.data
            worker = self.workers[place]
            found = worker.answers()
            if found is None:
                self._selector.unregister(ready.fileobj)
                worker.link.wait()
                self._check(worker)
                self.workers[place] = self._start(place)
                yield worker, None
                continue
            for answer in found:
                if answer['state'] == 'ready':
                    worker.ready = True
                else:
                    worker.key = ''
                    yield worker, answer

    def _check(self, worker: Worker) -> None:
        """A worker that ends before it is ready would end again, unless it was killed from outside."""
        if worker.ready:
            return
        self._lost += 1
        if worker.link.killed() and self._lost < STARTS:
            return
        log = self.out / 'logs' / f'{worker.name}.log'
        where = f'see {log}' if log.is_file() else 'it left no log'
        raise UsageError(f'a worker cannot start: {worker.link.reason() or "it ended at once"}; {where}')

    def _start(self, place: int) -> Worker:
        """Start one worker; its name is its own on all machines."""
        name = f'worker_{uuid.uuid4().hex[:12]}'
        arguments = [str(self.out), name, self.share.device, *self.modules]
        link = self.launcher.start(place, self.share, arguments)
        self._selector.register(link.fileno(), selectors.EVENT_READ, place)
        return Worker(link, name)
