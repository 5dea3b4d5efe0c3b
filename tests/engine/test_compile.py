from __future__ import annotations

import pytest
import torch

from tests.engine.conftest import largest_difference
from zoo.errors import UsageError


def compiled(target, backend):
    def edit(config):
        config.custom_hooks.append({'type': 'CompileHook', 'target': target, 'backend': backend})

    return edit


def test_a_compiled_part_trains_to_the_same_weights_under_the_same_names(train):
    seen = []

    def backend(graph, inputs):
        seen.append(graph)
        return graph.forward

    torch._dynamo.register_backend(backend, name='spy')
    short = {'train_cfg.max_epochs': 1}
    plain = train('plain', short)
    part = train('part', short, compiled('backbone', 'spy'))
    torch._dynamo.reset()
    assert seen
    assert largest_difference(plain.model.state_dict(), part.model.state_dict()) < 1e-6


def test_a_part_that_is_not_there_is_named(train):
    with pytest.raises(UsageError, match="no part 'backbonne'; it has data_preprocessor, backbone, head"):
        train('run', edit=compiled('backbonne', 'eager'))
