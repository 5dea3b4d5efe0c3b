from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.engine.conftest import CONFIG
from tests.refusals import refused
from zoo.config import load_config
from zoo.engine import configure
from zoo.engine.config import resolve_device
from zoo.errors import UsageError


def test_work_dir_is_named_after_the_config():
    config = configure(load_config('configs/point_mae/base.py'))
    assert Path(config.work_dir) == Path('work_dirs/point_mae_base')
    assert configure(load_config(CONFIG), work_dir='x').work_dir == 'x'


def test_backbone_replaces_that_of_the_config():
    config = configure(load_config('configs/finetune/procedural.py'), backbone='recon-tiny')
    assert config.model.backbone.embed_dim == 192
    assert 'patch_widths' not in config.model.backbone
    assert 'has no backbone to replace' in refused(configure, load_config(CONFIG), backbone='recon-tiny')


def test_device_is_what_there_is(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert resolve_device(None) == 'cpu'
    assert 'sees no GPU' in refused(resolve_device, 'cuda')
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    assert resolve_device(None) == 'cuda'
    assert resolve_device('cpu') == 'cpu'
    assert 'choose cpu or cuda' in refused(resolve_device, 'tpu')


@pytest.mark.parametrize(
    ('device', 'amp', 'options', 'kind'),
    [
        ('cuda', None, {}, 'AutocastOptimWrapper'),
        ('cuda', None, {'amp': False}, 'OptimWrapper'),
        ('cuda', None, {'optim_wrapper.type': 'AmpOptimWrapper'}, 'AmpOptimWrapper'),
        ('cuda', False, {}, 'OptimWrapper'),
        ('cpu', None, {}, 'OptimWrapper'),
        ('cpu', None, {'amp': True}, 'AutocastOptimWrapper'),
        ('cpu', None, {'amp': False, 'optim_wrapper.type': 'AutocastOptimWrapper'}, 'OptimWrapper'),
    ],
)
def test_a_gpu_trains_in_bfloat16_unless_told_otherwise(monkeypatch, device, amp, options, kind):
    """``amp=False`` is the word of a program, whose records name the precision; the command line leaves it open."""
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    assert configure(load_config(CONFIG, options), device=device, amp=amp).optim_wrapper.type == kind


def test_amp_and_launcher_refuse_what_they_do_not_know():
    with pytest.raises(UsageError, match='AmpOptimWrapper and cannot be switched'):
        configure(load_config(CONFIG, {'optim_wrapper.type': 'AmpOptimWrapper'}), amp=True)
    assert "unknown launcher 'ray'" in refused(configure, load_config(CONFIG), launcher='ray')
