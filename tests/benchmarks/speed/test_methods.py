from __future__ import annotations

import pytest

from benchmarks.report import as_markdown
from benchmarks.speed.methods import config_table, method_names, methods_table
from zoo.errors import UsageError
from zoo.hub import list_models


def test_every_named_method_is_there():
    named = {name.rpartition('-nano')[0] for name in list_models('*-nano_procedural', task='pretrain')}
    assert set(method_names()) == named >= {'recon', 'point-mae', 'cmc', 'smc', 'multitask', 'two-tower', 'recon-smc'}


@pytest.mark.slow
def test_one_method():
    table = methods_table(['point-mae'], batch_size=2, steps=1)
    (row,) = table.rows
    assert len(row) == len(table.header)
    assert row[0] == 'point-mae'
    # Point-MAE has 22.09 M parameters fine-tuned (published); pretraining swaps the head for a decoder of four blocks.
    assert 22 < float(row[1]) < 32
    # 4.8 G are published for 128 groups (Point-M2AE's table), by a patch embedding that repeats a product.
    assert float(row[3]) == pytest.approx(4.8, rel=0.15)
    assert float(row[2]) == pytest.approx(float(row[3]) / 2, rel=0.05)
    # Weights, gradients and two moments of a million parameters are 15 MB.
    assert float(row[5]) > 15
    assert all(float(cell) > 0 for cell in row[4:])
    assert 'samples/s' in as_markdown(table)


def test_what_cannot_be_measured_is_named():
    with pytest.raises(UsageError, match=r"unknown method 'dream': choose from .*recon"):
        methods_table(['dream'])
    with pytest.raises(UsageError, match='has no train_dataloader'):
        config_table('tests/benchmarks/speed/untrained.py')
