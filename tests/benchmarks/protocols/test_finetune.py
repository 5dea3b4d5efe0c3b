from __future__ import annotations

from benchmarks.protocols.finetune import finetune_options
from tests.layouts import write_pack
from zoo.registry import DATASETS


def test_runs_are_as_long_as_the_samples_say(tmp_path):
    pack = {'type': 'ShapePack', 'points': str(write_pack(tmp_path / 'pack.npz', 80, num_points=16))}
    train, test = ({**pack, 'split': split} for split in ('train', 'test'))
    total = len(DATASETS.build(dict(train)))
    options = finetune_options(train, test, 3 * total, 16, 1e-3)
    assert options['train_cfg.max_epochs'] == 3
    assert options['param_scheduler']['total'] == 3 * (total // 32)
