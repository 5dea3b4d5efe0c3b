from __future__ import annotations

import numpy as np

from benchmarks.records.files import write_array
from benchmarks.suites.overlap import NAME, count_seen, object_digests
from tests.layouts import write_pack
from zoo.registry import DATASETS


def test_objects_of_a_test_split_are_told_from_those_that_were_pretrained_on(tmp_path):
    pack = {'type': 'ShapePack', 'points': str(write_pack(tmp_path / 'pack.npz'))}
    train, test = (DATASETS.build({**pack, 'split': split}) for split in ('train', 'test'))
    weights = tmp_path / 'weights.safetensors'
    assert count_seen(test, weights) is None, 'nobody kept them'
    write_array(weights.with_name(NAME), object_digests(train))
    assert count_seen(train, weights) == len(train)
    assert count_seen(test, weights) == 0
    leak = np.concatenate([object_digests(train), object_digests(test)[1:3]])
    write_array(weights.with_name(NAME), leak)
    assert count_seen(test, weights) == 2
    assert count_seen(test.subset([0, 2, 0]), weights) == 1
    weights.with_name(NAME).write_bytes(b'cut')
    assert count_seen(test, weights) is None
