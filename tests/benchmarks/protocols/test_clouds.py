from __future__ import annotations

import pytest
import torch

from benchmarks.protocols.clouds import clouds
from tests.benchmarks.protocols.parts import parts, slow_features


@pytest.mark.parametrize('batch_size', [1, 7, 100])
def test_batches_hold_every_cloud_in_order_as_one_at_a_time(tmp_path, batch_size):
    _, train, _ = parts(tmp_path)
    found = list(clouds(train, 24, batch_size))
    assert all(len(part) == batch_size for part in found[:-1])
    # A "model" that keeps its input shows what it was given.
    slow = slow_features(lambda points: points.flatten(1), train, 24)
    torch.testing.assert_close(torch.cat(found).flatten(1), torch.from_numpy(slow))
