"""The kind of job that measures how far apart a student attends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from benchmarks.protocols.attention import measure_attention
from benchmarks.protocols.features import evaluation_transforms
from benchmarks.protocols.untrained import settle_norms
from benchmarks.suites.evidence import record_of
from benchmarks.suites.job import LIBRARY, Outcome, Task, kind
from benchmarks.suites.training import SLOWER
from zoo.hub import backbone_config, load_weights
from zoo.hub.names import parse_name
from zoo.registry import DATASETS, MODELS

CODE = (*LIBRARY, 'zoo/visualize', 'benchmarks/suites/attention.py')
CODE += tuple(
    f'benchmarks/protocols/{name}.py' for name in ('attention', 'clouds', 'features', 'measurement', 'untrained')
)


def _seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread."""
    return 3 + 2 * SLOWER[parse_name(settings['student']).size]


@kind('attention_distance', code=CODE, seconds=_seconds)
def attention_distance(task: Task) -> Outcome:
    """Attention distance of patches and spread of queries, of a pretraining's weights or of random ones of the seed."""
    settings, source = task.settings, task.inputs.get('weights')
    torch.manual_seed(settings['seed'])
    model = MODELS.build({'type': 'FeatureExtractor', 'backbone': backbone_config(settings['student'], 'features')})
    test = DATASETS.build(dict(settings['test']))
    extra = {}
    if source:
        load_weights(model, task.out / source['weights'])
    else:
        # The job knows no other clouds; labels are not read.
        extra = settle_norms(model, test, evaluation_transforms(settings['points']), task.device)
    found = measure_attention(model.backbone, test, settings['points'], settings['queries'], task.device)
    record, _ = record_of(task, found, None, settings['test'], source, extra)
    return Outcome(record=record)
