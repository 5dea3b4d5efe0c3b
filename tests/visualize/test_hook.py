from __future__ import annotations

import pytest
import torch

from zoo.config import load_config
from zoo.engine import build_runner, configure
from zoo.visualize.hook import LookHook

EPOCHS = 4


def trained(folder, hook, method='point_mae'):
    data = {'type': 'ProceduralShapes', 'split': 'train', 'num_objects': 24, 'num_points': 256, 'variant': 'cad'}
    changes = {
        'train_cfg.max_epochs': EPOCHS,
        'train_dataloader.batch_size': 8,
        'train_dataloader.dataset': {**data, '_delete_': True},
        'default_hooks.logger.interval': 1,
    }
    config = configure(load_config(f'configs/{method}/nano.py', changes), work_dir=folder, device='cpu')
    runner = build_runner(config)
    if hook:
        runner.register_hook(hook)
    runner.train()
    return runner


@pytest.fixture
def plain(tmp_path):
    return trained(tmp_path / 'plain', None)


def test_training_does_not_notice_that_it_is_looked_at(plain, tmp_path):
    looked = trained(tmp_path / 'looked', LookHook(times=2))
    states = [runner.model.state_dict() for runner in (plain, looked)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert all(module.training for module in looked.model.modules())


def test_pictures_and_histograms_are_spread_over_the_run(tmp_path):
    pytest.importorskip('tensorboard', reason="histograms need pip install '.[vis]'")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    trained(tmp_path / 'run', LookHook(times=3, objects=2))
    steps = [step * EPOCHS * 3 // 3 for step in (1, 2, 3)]
    assert sorted(int(path.stem.split('_')[-1]) for path in (tmp_path / 'run').rglob('reconstruction_*.png')) == steps
    (events,) = (tmp_path / 'run').rglob('events.out.tfevents*')
    found = EventAccumulator(str(events), {'histograms': 0, 'images': 0}).Reload()
    assert [event.step for event in found.Images('reconstruction')] == steps
    assert [event.step for event in found.Histograms('features')] == steps
    assert any(tag.startswith('weights/backbone') for tag in found.Tags()['histograms'])
    assert {'loss', 'lr', 'chamfer_of_the_looked_at'} <= set(found.Tags()['scalars'])


def test_a_student_that_reconstructs_nothing_has_histograms_alone(tmp_path):
    trained(tmp_path / 'run', LookHook(times=1), 'smc')
    assert not list((tmp_path / 'run').rglob('*.png'))
