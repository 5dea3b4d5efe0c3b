"""An engine that is this process, for tests of what a benchmark leaves on disk: a process of its own takes seconds."""

from __future__ import annotations

from concurrent.futures import Future

from benchmarks.run import worker
from benchmarks.run.engines import Engine
from benchmarks.run.results import Results
from benchmarks.suites.job import in_order


class Here(Engine):
    slots = 1

    def submit(self, slot, function, out, job):
        future = Future()
        future.set_result(worker.serve(Results(out), job))
        return future

    def death(self, error):
        return ''

    def close(self):
        pass


def finish(jobs, out):
    """Results after jobs and all they need."""
    results = Results(out)
    for job in in_order(list(jobs)):
        answer = worker.serve(results, job)
        assert answer['state'] == 'done', answer
    return results
