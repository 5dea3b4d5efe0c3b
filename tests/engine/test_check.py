from __future__ import annotations

import pytest

from tests.engine.conftest import CONFIG, ROOT, make_config
from zoo.engine import build_runner, check_config, load_config
from zoo.engine.check import readable_build_errors
from zoo.errors import UsageError

CONFIGS = sorted(path for path in (ROOT / 'configs').rglob('*.py') if '_base_' not in path.parts)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.relative_to(ROOT).as_posix())
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
    with pytest.raises(UsageError, match=message):
        build_runner(config)
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
    with pytest.raises(UsageError, match=message):
        train('run', options)


def test_small_letters_are_switches_of_a_component():
    config = load_config(CONFIG)
    config.model.mask = {'type': 'random', 'ratio': 0.6}
    with pytest.raises(UsageError, match="DummyClassifier takes no argument 'mask'"):
        check_config(config)
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
