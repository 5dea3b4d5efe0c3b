from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from benchmarks.run.engines import engine_of
from tests.benchmarks.run.here import Here
from tests.benchmarks.run.test_executor import events
from tests.benchmarks.run.toy import broken, execute, suite, table

ray = pytest.importorskip('ray')

JOBS = suite(seeds=25, sleep=0.05)
"""25 trainings and 75 measurements."""


@pytest.fixture
def cluster(monkeypatch):
    """A head that computes nothing, and two nodes of one core."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={'num_cpus': 0})
    monkeypatch.setenv('RAY_ADDRESS', made.address)
    yield made, [made.add_node(num_cpus=1) for _ in range(2)]
    ray.shutdown()
    made.shutdown()


@pytest.mark.slow
def test_a_node_that_is_killed_in_the_middle_of_100_jobs_moves_no_figure(tmp_path, cluster, monkeypatch):
    execute(JOBS, tmp_path / 'whole', engine=Here())
    (made, (node, _)), out, bad = cluster, tmp_path / 'out', broken('die')
    (out / 'events.jsonl').parent.mkdir()
    (out / 'events.jsonl').touch()

    def kill():
        """When some are done and both nodes are at work."""
        while (words := (out / 'events.jsonl').read_text()).count('"begin"') - words.count('"end"') < 2 or (
            words.count('"end"') < 30
        ):
            time.sleep(0.01)
        made.remove_node(node, allow_graceful=False)

    thread = threading.Thread(target=kill)
    thread.start()
    engine, nodes = engine_of('ray', None, '', out), []
    assert engine.slots == 2
    monkeypatch.setattr(engine, 'close', lambda: nodes.extend(ray.nodes()))
    state, _ = execute([bad, *JOBS], out, engine=engine)
    thread.join()
    assert [entry['Alive'] for entry in nodes].count(False) == 1
    assert len(state.done) == 100
    assert set(state.failed) == {bad.key}
    assert 'its process ended twice' in state.failed[bad.key]
    assert table(JOBS, out) == table(JOBS, tmp_path / 'whole')
    counts = Counter((event['key'], event['event']) for event in events(out))
    assert counts[bad.key, 'begin'] == 2
    assert all(counts[key, 'end'] == 1 for key in state.done)
