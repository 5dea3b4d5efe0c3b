from __future__ import annotations

import re

import pytest

from tests.engine.conftest import CONFIG
from tests.refusals import refused
from zoo.config import find_config, load_config


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
        ('model', 'a Small cannot become 3: write model.NAME=VALUE'),
        ('model.backbone', r'a PointNet cannot become 3: write model.backbone.NAME=VALUE .* dict\(_delete_=True'),
        ('custom_hooks.9.at', 'Index 9 exceeds'),
        ('custom_hooks.first.at', 'custom_hooks.first.at'),
    ],
)
def test_options_without_effect_are_refused(tmp_path, option, message):
    model = "dict(type='Small', width=8, backbone=dict(type='PointNet'))"
    text = f"_base_ = ['{CONFIG}']\nepochs = 7\ntrain_cfg = dict(max_epochs=epochs)\nmodel = {model}"
    path = write(tmp_path, text)
    assert re.search(message, refused(load_config, path, {option: 3}))


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
    said = refused(load_config, path)
    assert str(path) in said
    assert re.search(message, said)


def test_a_missing_file_suggests_what_comes_close(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert find_config('configs/recon/base.py').is_absolute()
    assert re.search(r'did you mean .*configs/recon/base\.py', refused(find_config, 'configs/recon/bose.py'))
    assert 'does not exist, neither here nor in' in refused(find_config, 'qqqqqqqqqq')
