from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from benchmarks.gpu import correct
from benchmarks.gpu.__main__ import main
from benchmarks.gpu.draws import SameDraws
from benchmarks.gpu.findings import Stage
from zoo import ops


def drawn():
    generator = torch.Generator().manual_seed(5)
    made = nn.functional.dropout(torch.ones(50))
    return torch.cat([torch.rand(3), torch.empty(3).uniform_(), torch.randn(3, generator=generator), made])


def test_draws_repeat_and_follow_the_seed():
    with SameDraws(1):
        first = drawn()
    torch.rand(7)
    with SameDraws(1):
        assert torch.equal(drawn(), first)
    with SameDraws(2):
        assert not torch.equal(drawn(), first)
    with SameDraws():
        assert torch.rand(3, device='meta').is_meta


@pytest.fixture
def stage(tmp_path):
    return Stage('cpu', 600, True, tmp_path)


def test_operations_agree_and_a_fault_is_found(stage, monkeypatch):
    assert all(row['equal'] for row in correct.operations(stage))
    right, calls = ops.farthest_point_sample, []

    def broken(points, *args, **kwargs):
        calls.append(points)
        chosen = right(points, *args, **kwargs)
        return chosen if len(calls) % 2 else chosen.roll(1, dims=1)

    monkeypatch.setattr(ops, 'farthest_point_sample', broken)
    rows = [row for row in correct.operations(stage) if 'farthest' in row['what']]
    assert not any(row['equal'] for row in rows)
    assert all(row['wrong indices'] > 0 for row in rows)


@pytest.mark.slow
def test_a_step_that_depends_on_the_device_is_found(stage, monkeypatch):
    names = [name for name in correct.known_configs() if str(name) == 'smc-nano']
    monkeypatch.setattr(correct, 'known_configs', lambda: names)
    assert [row['equal'] for row in correct.methods(stage)] == [True]
    right, calls = correct._step, []

    def other(model, batch, *args, **kwargs):
        calls.append(args)
        losses, gradient = right(model, batch, *args, **kwargs)
        return losses, gradient * (1 + 1e-4 * (len(calls) == 3))  # the one on the device, in float32

    monkeypatch.setattr(correct, '_step', other)
    (row,) = correct.methods(stage)
    assert not row['equal']
    assert row['error of gradients'] == pytest.approx(1e-4, rel=0.1)


@pytest.mark.slow
def test_protocols_agree(stage):
    rows = list(correct.protocols(stage))
    assert {'protocol svm', 'protocol knn'} <= {row['what'] for row in rows}
    assert all(row['equal'] for row in rows)


@pytest.mark.slow
def test_trainings_repeat_and_resume(stage):
    rows = list(correct.trainings(stage))
    assert len(rows) == 4
    assert all(row['equal'] for row in rows), rows


def test_time_is_kept(tmp_path):
    rows = list(correct.correct(Stage('cpu', -1, True, tmp_path)))
    assert rows == [{'what': 'time is up: parts are missing'}]


def test_the_command_keeps_what_it_finds(tmp_path, capsys, monkeypatch):
    main(['check', '--device', 'cpu', '--quick', '--out', str(tmp_path)])
    kept = json.loads((tmp_path / 'check.json').read_text('utf-8'))
    assert kept['machine']['torch'] == torch.__version__
    assert 'product of matrices, bfloat16' in capsys.readouterr().out
    monkeypatch.setattr(
        'benchmarks.gpu.__main__.STAGES', {'correct': (lambda stage: iter([{'equal': False}]), 1, 'A title')}
    )
    with pytest.raises(SystemExit) as ended:
        main(['--device', 'cpu', '--out', str(tmp_path)])
    assert ended.value.code == 1
