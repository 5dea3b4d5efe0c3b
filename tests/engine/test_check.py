from __future__ import annotations

import re

import pytest

from tests.configs.test_configs import CONFIGS, IDS
from tests.engine.conftest import CONFIG, make_config
from tests.refusals import refused
from zoo.config import load_config
from zoo.engine import build_runner, check_config, configure
from zoo.engine.check import readable_build_errors
from zoo.errors import UsageError


@pytest.mark.parametrize('path', CONFIGS, ids=IDS)
def test_the_configs_of_the_zoo_pass(path):
    check_config(load_config(path))


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (
            {'model.type': 'DummyClasifier'},
            r"model\.type: 'DummyClasifier' is not registered, did you mean DummyClassifier",
        ),
        ({'model.widht': 4}, r"model: DummyClassifier takes no argument 'widht', did you mean width\?"),
        ({'custom_hooks.1.type': 'ProgresHook'}, r"custom_hooks\.1\.type: 'ProgresHook' is not registered"),
        ({'train_dataloader.dataset.num_object': 4}, r'train_dataloader\.dataset: DummyShapes takes no .* num_objects'),
        ({'optim_wrapper.optimizer.weight_deccay': 1}, "AdamW takes no argument 'weight_deccay'"),
        ({'optim_wrapper.clip_gradd': {'max_norm': 1}}, "OptimWrapper takes no argument 'clip_gradd'"),
        ({'param_scheduler.warm_up': 1}, "WarmupCosine takes no argument 'warm_up', did you mean warmup"),
        ({'val_evaluator.per_clas': True}, "Accuracy takes no argument 'per_clas'"),
    ],
)
def test_typos_are_found_before_anything_is_built(options, message, tmp_path):
    config = make_config(tmp_path / 'run', options)
    assert re.search(message, refused(build_runner, config))
    assert not (tmp_path / 'run').exists()


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'train_dataloader.batchsize': 4}, "DataLoader takes no argument 'batchsize'"),
        ({'train_cfg.max_epoch': 4}, "takes no argument 'max_epoch'"),
        ({'randomness.sead': 4}, "takes no argument 'sead'"),
    ],
)
def test_typos_in_sections_without_a_type_are_one_line_too(options, message, train):
    assert re.search(message, refused(train, 'run', options))


def test_small_letters_are_switches_of_a_component():
    config = load_config(CONFIG)
    config.model.mask = {'type': 'random', 'ratio': 0.6}
    assert "DummyClassifier takes no argument 'mask'" in refused(check_config, config)
    del config.model['mask']
    config.train_dataloader.worker_init_fn = {'type': 'keep_worker_seed'}
    check_config(config)


def test_faults_in_the_code_keep_their_traceback():
    def helper(): ...

    with pytest.raises(TypeError), readable_build_errors():
        helper(width=1)
    with pytest.raises(KeyError), readable_build_errors():
        {}['nothing']


def test_what_mmengine_says_about_types_is_translated():
    from zoo.registry import MODELS

    message = "type 'PointClasifier' is not registered, did you mean PointClassifier"
    with pytest.raises(UsageError, match=message), readable_build_errors():
        MODELS.build({'type': 'PointClasifier'})
    with pytest.raises(UsageError, match=r"PointClassifier needs the argument 'backbone'"), readable_build_errors():
        MODELS.build({'type': 'PointClassifier', 'num_classes': 2})


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        ('model.backbone.queries', 'cls', 'takes queries as a list of texts'),
        ('model.num_classes', 43.0, 'takes num_classes as a whole number, got 43.0'),
        ('optim_wrapper.optimizer.lr', '1/1000', 'takes lr as a number or Tensor'),
        ('optim_wrapper.paramwise_cfg.lr_scale', {'head.': []}, 'takes lr_scale as a dict or None'),
        ('train_dataloader.batch_size', 0, 'batch_size should be a positive integer'),
        ('train_dataloader.batch_size', None, 'takes batch_size as a whole number'),
        ('train_dataloader.num_workers', -1, 'num_workers option should be non-negative'),
        ('train_dataloader.num_workers', 10**7, 'asks for 10000000 processes, num_workers is at most 512'),
        ('train_dataloader.sampler.type', 3, 'sampler.type: expected the name of a component, got 3'),
        ('data_preprocessor.test.0.type', 'abc', "'abc' is not registered"),
        ('randomness.seed', 'abc', 'randomness takes seed as a whole number or None'),
        ('train_cfg.max_epochs', '3', 'train_cfg takes max_epochs as a whole number'),
        ('param_scheduler.warmup', [], 'takes warmup as a number'),
        ('default_hooks.checkpoint.rule', 'abc', 'rule must be greater, less or None'),
        ('load_from', 0.5, 'takes load_from as a text or None'),
        ('model.backbone.num_groups', -3, 'iteration 1 cannot be trained: num_groups must be at least 1'),
        ('model.num_classes', 2, 'the data has more classes than model.num_classes: Target 2 is out of bounds'),
        ('model.backbone.drop_path', 7, r'drop_path must be in \[0, 1\)'),
        (
            'train_dataloader.drop_last',
            False,
            'batch norm cannot train on one object, set train_dataloader.drop_last=True',
        ),
    ],
)
def test_a_wrong_value_is_one_line(tmp_path, monkeypatch, key, value, message):
    """Whichever part finds it, and at the first step at the latest."""
    monkeypatch.setenv('ZOO_HOME', str(tmp_path))
    config = load_config('configs/finetune/procedural.py', {key: value})
    config.train_dataloader.dataset = {'type': 'DummyShapes', 'num_objects': 9}
    config.val_dataloader.dataset = config.test_dataloader.dataset = {'type': 'DummyShapes', 'num_objects': 3}
    if key != 'train_dataloader.batch_size':
        config.train_dataloader.batch_size = 4
    config.train_cfg.setdefault('max_epochs', 1)
    config.custom_hooks = []
    with pytest.raises(UsageError, match=message):
        build_runner(configure(config, work_dir=tmp_path / 'run', device='cpu')).train()


def test_a_warm_up_may_be_a_part_of_an_epoch():
    """As that of the harness where the budget is one epoch."""
    check_config(load_config('configs/finetune/procedural.py', {'param_scheduler.warmup': 0.1}))
