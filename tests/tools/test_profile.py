from __future__ import annotations

import pytest
import torch


def test_one_config(tool):
    threads = torch.get_num_threads()
    code, out, _ = tool('configs/point_mae/nano.py', '--batch-size', 2, '--steps', 1, '--threads', 1)
    torch.set_num_threads(threads)
    assert code == 0
    cells = dict([cell.strip() for cell in row.split('|')[1:3]] for row in out.splitlines() if row.startswith('| '))
    assert cells['trained parameters'] == '0.95 M'
    assert float(cells['samples/s']) > 0
    assert 0 < float(cells['share of that speed'].removesuffix(' %')) < 150


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ((), 'give either a CONFIG or --methods or --matrix'),
        (('configs/recon/nano.py', '--methods'), 'give either a CONFIG or --methods'),
        (('--matrix', '--methods'), 'give either a CONFIG or --methods'),
        (('--methods', 'dream'), "unknown method 'dream'"),
        (('configs/recon/nono.py',), 'did you mean configs/recon/nano.py'),
        (('configs/recon/nano.py', '--device', 'tpu'), "unknown device 'tpu'"),
    ],
)
def test_wrong_usage(tool, arguments, message):
    code, _, errors = tool(*arguments)
    assert code == 2
    assert message in errors
