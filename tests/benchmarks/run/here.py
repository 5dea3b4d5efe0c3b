"""An engine that is this process, for tests of what a benchmark leaves on disk: a process of its own takes seconds."""

from __future__ import annotations

from concurrent.futures import Future

from benchmarks.run import worker
from benchmarks.run.engines import Engine
from benchmarks.run.results import Results


class Here(Engine):
    slots = 1

    def submit(self, slot, function, out, order, modules):
        future = Future()
        future.set_result(worker.serve(Results(out), order))
        return future

    def death(self, error):
        return ''

    def close(self):
        pass
