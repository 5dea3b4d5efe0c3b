"""The kind of job that measures how far apart a student attends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.protocols.attention import measure_attention
from benchmarks.suites.evidence import record_of
from benchmarks.suites.job import Outcome, Task, kind
from benchmarks.suites.measuring import FROZEN, extractor
from benchmarks.suites.training import SLOWER
from zoo.hub.names import parse_name
from zoo.registry import DATASETS

CODE = (*FROZEN, 'zoo/visualize', 'benchmarks/suites/attention.py')
CODE += ('benchmarks/protocols/attention.py', 'benchmarks/protocols/clouds.py')


def _seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread."""
    return 3 + 2 * SLOWER[parse_name(settings['student']).size]


@kind('attention_distance', code=CODE, seconds=_seconds)
def attention_distance(task: Task) -> Outcome:
    """Attention distance of patches and spread of queries, of a pretraining's weights or of random ones of the seed."""
    settings, source = task.settings, task.inputs.get('weights')
    test = DATASETS.build(dict(settings['test']))
    # The job knows no other clouds that norms of random weights could settle on; labels are not read.
    model, extra = extractor(task, 'svm', test)
    found = measure_attention(model.backbone, test, settings['points'], settings['queries'], task.device)
    record, _ = record_of(task, found, None, settings['test'], source, extra)
    return Outcome(record=record)
