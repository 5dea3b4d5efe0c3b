"""Workers as actors of Ray: one process each on any node of a cluster."""

from __future__ import annotations

import importlib
import json
import os
import queue
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.run import worker
from benchmarks.run.launchers import Share, own_variables, share_of
from benchmarks.run.links import PATIENCE, Link
from benchmarks.run.results import Results
from zoo.errors import UsageError


class Server:
    """What runs in the process of an actor: the same work as :func:`benchmarks.run.worker.main`, without pipes.

    Args:
        arguments: of :mod:`benchmarks.run.worker`.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        out, _, device, *modules = arguments
        self.results = Results(Path(out))
        for module in modules:
            importlib.import_module(module)
        self.device = worker.prepared(device)

    def ready(self) -> bool:
        """Answers when everything is imported."""
        return True

    def serve(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do a job; see :func:`benchmarks.run.worker.serve`."""
        return worker.serve(self.results, order, self.device)


class ActorLink:
    """An actor that looks like a process: a thread hands on orders and writes answers into a pipe.

    Args:
        ray: the module.
        actor: handle of a :class:`Server`.
    """

    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray, self._actor = ray, actor
        self._orders: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._read, self._write = os.pipe()
        self._reason = ''
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def fileno(self) -> int:
        """End of the pipe on which answers arrive."""
        return self._read

    def send(self, line: str) -> None:
        """Hand over an order."""
        self._orders.put(json.loads(line))

    def stop(self, force: bool) -> None:
        """End the thread; the actor ends with it, at once with ``force``."""
        if force:
            self._ray.kill(self._actor)
        self._orders.put(None)

    def wait(self) -> None:
        """Wait for the thread, then release the actor."""
        self._thread.join(PATIENCE)
        self._ray.kill(self._actor)
        read, self._read = self._read, -1  # the number may soon be another file's
        if read >= 0:
            os.close(read)

    def reason(self) -> str:
        """The first line of what Ray says."""
        return self._reason

    def killed(self) -> bool:
        """Ray does not say; an actor that cannot start is taken for one that never will."""
        return False

    def _talk(self) -> None:
        """Pass on one order after another until there are no more or the actor has died."""
        try:
            self._ray.get(self._actor.ready.remote())
            answer: dict[str, Any] = {'state': 'ready'}
            while True:
                os.write(self._write, f'{json.dumps(answer)}\n'.encode())
                order = self._orders.get()
                if order is None:
                    return
                answer = self._ray.get(self._actor.serve.remote(order))
        except Exception as error:
            first = next(iter(str(error).strip().splitlines()), type(error).__name__)
            self._reason = f'its actor ended: {first}'
        finally:
            os.close(self._write)


class Ray:
    """Actors of the cluster that ``RAY_ADDRESS`` names; without one, of a cluster of this machine alone.

    Raises:
        UsageError: Ray is not installed, or its cluster does not answer.
    """

    def __init__(self) -> None:
        try:
            self.ray: Any = importlib.import_module('ray')
        except ImportError as error:
            raise UsageError(f'--executor ray needs Ray: pip install ray ({error})') from error
        try:
            self.ray.init(ignore_reinit_error=True, log_to_driver=False, logging_level='ERROR')
        except (ConnectionError, OSError, RuntimeError) as error:
            raise UsageError(f'--executor ray: the cluster does not answer: {error}') from error
        self._resources: dict[str, float] = self.ray.cluster_resources()

    def share(self, jobs: int | None) -> Share:
        """Cores and GPUs of the cluster, dealt out."""
        gpus = tuple(str(index) for index in range(int(self._resources.get('GPU', 0))))
        return share_of(jobs, max(1, int(self._resources.get('CPU', 1))), gpus)

    def start(self, place: int, share: Share, arguments: Sequence[str]) -> Link:
        """Start an actor; Ray chooses its node and shows it its GPU."""
        own = {name: value for name, value in os.environ.items() if name.startswith('ZOO_')}
        # Both may be parts of one: an actor that asks for more than there is would wait for ever.
        actor = self.ray.remote(Server).options(
            num_cpus=_part(self._resources.get('CPU', 1), share),
            num_gpus=_part(len(share.gpus), share),
            runtime_env={'env_vars': {**own, **own_variables()}},
            max_restarts=0,
        )
        out, *others = arguments  # an actor has a working directory of its own
        return ActorLink(self.ray, actor.remote([str(Path(out).absolute()), *others]))


def _part(whole: float, share: Share) -> float:
    """A worker's part; Ray takes whole numbers, or parts of one."""
    part = whole / share.workers
    return float(int(part)) if part >= 1 else int(part * 1000) / 1000
