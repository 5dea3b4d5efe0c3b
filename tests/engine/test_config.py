from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine import Config

from tests.engine.conftest import CONFIG
from zoo.engine import configure, load_config
from zoo.engine.config import find_config, resolve_device
from zoo.errors import UsageError


def write(folder, text, name='some.py'):
    path = folder / name
    path.write_text(text)
    return path


def test_options_change_nested_values_and_lists():
    options = {
        'model.width': 4,
        'custom_hooks.3.at': 7,
        'optim_wrapper.clip_grad': {'max_norm': 1},
        'train_dataloader.sampler.shuffle': False,
    }
    config = load_config(CONFIG, options)
    assert config.model == {'type': 'DummyClassifier', 'width': 4}
    assert config.custom_hooks[3] == {'type': 'KillHook', 'at': 7}
    assert config.optim_wrapper.clip_grad.max_norm == 1
    assert config.train_dataloader.sampler.shuffle is False
    assert options['optim_wrapper.clip_grad'] == {'max_norm': 1}


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        ('train_dataloder.batch_size', 'nothing reads the key train_dataloder; did you mean train_dataloader?'),
        ('epochs', r'nothing reads the key epochs \(the file has read it already'),
        ('model.width.size', 'a value of the config stands where a section is meant'),
        ('custom_hooks.9.at', 'Index 9 exceeds'),
        ('custom_hooks.first.at', 'custom_hooks.first.at'),
    ],
)
def test_options_without_effect_are_refused(tmp_path, option, message):
    path = write(
        tmp_path, f"_base_ = ['{CONFIG}']\nepochs = 7\ntrain_cfg = dict(max_epochs=epochs)\nmodel = dict(width=8)"
    )
    with pytest.raises(UsageError, match=message):
        load_config(path, {option: 3})


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('model = dict(', 'SyntaxError'),
        ('width = 3\nmodel = dict(width=wide)', r"some\.py line 2: NameError: name 'wide' is not defined"),
        ("_base_ = ['nowhere.py']", r'nowhere\.py'),
        ("custom_imports = dict(imports=['no_such_module'])", 'no_such_module'),
        (
            "_base_ = ['{CONFIG}']\ntrain_cfg = dict(max_epochs=dict(a=1))",
            'max_epochs=.* cannot inherit',
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path, text, message):
    path = write(tmp_path, text.replace('{CONFIG}', str(CONFIG)))
    with pytest.raises(UsageError, match=message) as caught:
        load_config(path)
    assert str(path) in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_missing_file_suggests_what_comes_close(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert find_config('configs/recon/base.py').is_absolute()
    with pytest.raises(UsageError, match=r'did you mean .*configs/recon/base\.py'):
        find_config('configs/recon/bose.py')
    with pytest.raises(UsageError, match='does not exist, neither here nor in'):
        find_config('qqqqqqqqqq')


def test_the_text_of_a_config_is_a_config_again():
    config = load_config(CONFIG)
    again = Config.fromstring(config.pretty_text, '.py')
    assert again.to_dict() == config.to_dict()


def test_work_dir_is_named_after_the_config():
    config = configure(load_config('configs/point_mae/base.py'))
    assert Path(config.work_dir) == Path('work_dirs/point_mae_base')
    assert configure(load_config(CONFIG), work_dir='x').work_dir == 'x'


def test_arguments_reach_the_config():
    config = configure(load_config(CONFIG), resume='auto', weights='w.pth', launcher='pytorch', device='cpu', amp=True)
    assert (config.resume, config.load_from, config.weights) == (True, None, 'w.pth')
    assert (config.launcher, config.device, config.optim_wrapper.type) == ('pytorch', 'cpu', 'AutocastOptimWrapper')
    assert configure(load_config(CONFIG), resume='some.pth').load_from == 'some.pth'


def test_backbone_replaces_that_of_the_config():
    config = configure(load_config('configs/finetune/procedural.py'), backbone='recon-tiny')
    assert config.model.backbone.embed_dim == 192
    assert 'patch_widths' not in config.model.backbone
    with pytest.raises(UsageError, match='has no backbone to replace'):
        configure(load_config(CONFIG), backbone='recon-tiny')


def test_device_is_what_there_is(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert resolve_device(None) == 'cpu'
    with pytest.raises(UsageError, match='sees no GPU'):
        resolve_device('cuda')
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    assert resolve_device(None) == 'cuda'
    assert resolve_device('cpu') == 'cpu'
    with pytest.raises(UsageError, match='choose cpu or cuda'):
        resolve_device('tpu')


def test_amp_and_launcher_refuse_what_they_do_not_know():
    with pytest.raises(UsageError, match='AmpOptimWrapper and cannot be switched'):
        configure(load_config(CONFIG, {'optim_wrapper.type': 'AmpOptimWrapper'}), amp=True)
    with pytest.raises(UsageError, match="unknown launcher 'ray'"):
        configure(load_config(CONFIG), launcher='ray')
