"""The test command as a user runs it."""

from __future__ import annotations

import pytest

from tests.engine.conftest import CONFIG


def test_it_prints_a_table_of_metrics_for_checkpoints_and_exported_weights(train, tool, tmp_path, capsys):
    runner = train('run', {'default_hooks.checkpoint.save_best': None})
    expected = runner.message_hub.get_scalar('val/oa').current()
    capsys.readouterr()
    tables = []
    for name in ('epoch_4.pth', 'weights.safetensors'):
        code, table, _ = tool(CONFIG, tmp_path / 'run' / name, '--work-dir', tmp_path / 'test', '--device', 'cpu')
        assert code == 0
        tables.append(table)
    assert tables[0] == tables[1]
    lines = [line.split() for line in tables[0].splitlines()]
    assert [name for name, _ in lines] == ['oa', 'macc', 'acc/ball', 'acc/box', 'acc/cone']
    assert float(lines[0][1]) == pytest.approx(expected, abs=0.01)


def test_missing_weights_and_arguments_end_in_one_line(tool, tmp_path):
    code, out, err = tool(CONFIG, 'nowhere.pth', '--work-dir', tmp_path / 'test', '--device', 'cpu')
    assert (code, out) == (2, '')
    assert 'nowhere.pth' in err
    code, _, err = tool(CONFIG)
    assert code == 2
    assert err == 'error: the following arguments are required: CHECKPOINT; test.py --help shows the options\n'


def test_a_pretrained_model_of_the_index_is_measured_again(tool, tmp_path, monkeypatch):
    code, out, err = tool('configs/recon/nano.py', 'recon-nano_nothing')
    assert (code, out) == (2, '')
    assert 'recon-nano_nothing' in err
    asked = []
    monkeypatch.setattr('benchmarks.release.verify', lambda *arguments: (asked.append(arguments), ('a report', 1))[1])
    given = ('--work-dir', tmp_path, '--device', 'cpu')
    code, out, _ = tool('configs/recon/nano.py', 'recon-nano_procedural', *given)
    assert (code, out, asked) == (1, 'a report\n', [('recon-nano_procedural', 'cpu')])
    assert tool('configs/recon/nano.py', tmp_path / 'weights.safetensors', *given)[0] == 2
