from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.run.engines import engine_of
from benchmarks.suites.job import Job
from tests.benchmarks.run import toy
from tests.benchmarks.run.here import Here
from tests.benchmarks.run.test_executor import events
from tests.benchmarks.run.toy import broken, execute, suite, table

ray = pytest.importorskip('ray')

JOBS = suite(seeds=25)
"""25 trainings and 75 measurements."""


@pytest.fixture
def cluster(monkeypatch):
    """Two nodes of one core, beside a head that computes nothing."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={'num_cpus': 0})
    monkeypatch.setenv('RAY_ADDRESS', made.address)
    yield [made.add_node(num_cpus=1) for _ in range(2)]
    ray.shutdown()
    made.shutdown()


@pytest.mark.slow
def test_a_node_that_is_killed_in_the_middle_of_100_jobs_moves_no_figure(tmp_path, cluster):
    execute(JOBS, tmp_path / 'whole', engine=Here())
    out, bad, killer = tmp_path / 'out', broken('die'), Job(toy.FELL, {})
    engine = engine_of('ray', None, '', out)
    assert engine.slots == 2
    state, _ = execute([bad, killer, *JOBS], out, engine=engine)
    assert sum(bool(node.dead_processes()) for node in cluster) == 1
    assert len(state.done) == 101
    assert set(state.failed) == {bad.key}
    assert 'its process ended twice' in state.failed[bad.key]
    assert table(JOBS, out) == table(JOBS, tmp_path / 'whole')
    seen = events(out)
    counts = Counter((event['key'], event['event']) for event in seen)
    assert counts[bad.key, 'begin'] == counts[killer.key, 'begin'] == 2
    assert all(counts[key, 'end'] == 1 for key in state.done)
    ended = [event['key'] for event in seen if event['event'] == 'end']
    assert 0 < ended.index(killer.key) < 100
