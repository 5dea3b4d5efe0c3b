"""``python -m zoo``."""

from __future__ import annotations

import runpy
import sys

import pytest
import torch

import zoo
from zoo.__main__ import main, report


def test_the_report_names_versions_and_environment(monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['zoo'])
    with pytest.raises(SystemExit) as left:
        runpy.run_module('zoo', run_name='__main__')
    assert not left.value.code
    lines = capsys.readouterr().out.splitlines()
    values = dict(line.split(None, 1) for line in lines if len(line.split(None, 1)) == 2)
    assert values['recon-zoo'] == zoo.__version__
    assert values['torch'] == torch.__version__
    assert values['python'].startswith('.'.join(map(str, sys.version_info[:3])))
    packages = {'processor', 'mmengine', 'timm', 'transformers', 'numpy'}
    assert packages | {'ZOO_HOME', 'ZOO_DATA', 'GPUs', 'threads', 'models'} <= set(values)


def test_a_broken_index_does_not_stop_the_report(monkeypatch, tmp_path):
    (tmp_path / 'model_index.yml').write_text('Models: 3')
    monkeypatch.setenv('ZOO_MODEL_INDEX', str(tmp_path / 'model_index.yml'))
    assert 'UsageError: model_index.yml: Models is 3' in report()


def test_tools_are_run_by_name(capsys, monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['zoo'])
    monkeypatch.setattr(sys, 'path', list(sys.path))
    with pytest.raises(SystemExit) as left:
        main(['convert', '--help'])
    assert left.value.code == 0
    assert 'convert.py' in capsys.readouterr().out
    assert main(['sing']) == 2
    said = capsys.readouterr().err
    assert "no tool 'sing': choose one of" in said
    assert len(said.splitlines()) == 1
