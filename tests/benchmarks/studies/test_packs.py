from __future__ import annotations

import numpy as np

from benchmarks.studies.packs import Pack
from tests.layouts import write_pack
from zoo.registry import DATASETS


def test_a_method_gets_the_modalities_that_it_asks_for():
    pack = Pack('toy', 'p.npz', 'v.npz')
    assert 'images' not in pack.pretraining(images=False, texts=False)
    asked = pack.pretraining(images=True, texts=True)
    assert (asked['images'], asked['texts'], asked['split']) == ('v.npz', True, 'train')


def test_held_out_objects_are_training_objects_of_every_class_and_nothing_overlaps(tmp_path):
    pack = Pack('toy', str(write_pack(tmp_path / 'pack.npz', 80, num_points=8)))
    whole = pack.split('train')
    train, val = (DATASETS.build(cfg) for cfg in pack.held_out(0.25, seed=3))
    assert np.array_equal(np.sort(np.concatenate([train.indices, val.indices])), np.arange(len(whole)))
    for label in np.unique(whole.labels):
        size = (whole.labels == label).sum()
        assert (val.labels == label).sum() == max(1, round(size / 4))
    again = pack.held_out(0.25, seed=3)[1]['indices']
    assert again == val.indices.tolist()
    assert again != pack.held_out(0.25, seed=4)[1]['indices']
