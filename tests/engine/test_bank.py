from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from torch import nn

from tests.engine.dummy import DummyShapes
from tests.teachers.toys import ColorTeacher, LetterTeacher
from zoo.registry import DATASETS, MODELS


@pytest.fixture
def components(tmp_path):
    """A dataset whose views are of one color each, and a student with teachers that tell colors and letters."""
    file = tmp_path / 'mean_color.pt'
    torch.save({'0.weight': torch.eye(4, 3), '0.bias': torch.zeros(4)}, file)

    @DATASETS.register_module(force=True)
    class DummyViews(DummyShapes):
        num_views = 2

        def __init__(self):
            super().__init__()
            self.images = self.texts = True

        def image(self, index, view):
            return np.full((4, 4, 3), 10 * index + view, np.uint8)

    @MODELS.register_module(force=True)
    class DummyStudent(BaseModel):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(3))
            self._teachers = {'image': ColorTeacher(file), 'text': LetterTeacher()}
            self.batches = []

        def teachers(self):
            return self._teachers

        def forward(self, points, mode='tensor', **batch):
            self.batches.append(batch)
            return {'loss': (self.scale * points.mean()).sum()}

    yield
    for registry, name in ((DATASETS, 'DummyViews'), (MODELS, 'DummyStudent')):
        registry.module_dict.pop(name)


def with_bank(**options):
    def edit(config):
        config.model = {'type': 'DummyStudent'}
        config.train_dataloader.dataset = {'type': 'DummyViews'}
        config.optim_wrapper.pop('paramwise_cfg')
        for key in ('val_cfg', 'val_dataloader', 'val_evaluator'):
            config.pop(key)
        config.default_hooks.checkpoint.pop('save_best')
        config.custom_hooks.append({'type': 'FeatureBankHook', **options})

    return edit


def test_features_take_the_place_of_images_and_texts(train, components, tmp_path):
    runner = train('run', edit=with_bank(views=2, cache_dir=str(tmp_path / 'bank')))
    teachers = runner.model.teachers()
    assert teachers['image'].seen == 2 * 24
    assert len(teachers['text'].seen) <= 24
    assert len(runner.model.batches) == 24
    for batch in runner.model.batches:
        assert 'image' not in batch
        assert 'text' not in batch
        view = (batch['image_feature'][:, :3] * 255 - 10 * batch['index'][:, None]).round()
        assert ((view == 0) | (view == 1)).all()
        assert batch['text_feature'].shape == (4, 3)
    again = train('again', edit=with_bank(views=2, cache_dir=str(tmp_path / 'bank')))
    assert again.model.teachers()['image'].seen == 0


def test_batches_carry_every_view_where_that_is_asked_for(train, components, tmp_path):
    runner = train('run', edit=with_bank(views=2, whole=('image',), cache_dir=str(tmp_path / 'bank')))
    for batch in runner.model.batches:
        views = (batch['image_feature'][..., :3] * 255 - 10 * batch['index'][:, None, None]).round()
        assert views.sort(dim=1).values.tolist() == [[[0.0] * 3, [1.0] * 3]] * 4
        assert batch['text_feature'].shape == (4, 3)


def test_it_can_be_switched_off(train, components):
    runner = train('run', edit=with_bank(enabled=False))
    assert all({'image', 'text'} <= set(batch) for batch in runner.model.batches)


def test_objects_that_are_made_when_read_have_no_bank(train, components, monkeypatch):
    monkeypatch.setattr(DATASETS.get('DummyViews'), 'made_when_read', True)
    runner = train('run', {'train_cfg.max_epochs': 1}, with_bank())
    assert all({'image', 'text'} <= set(batch) for batch in runner.model.batches)
    assert runner.model.teachers()['image'].seen == 0


def test_models_without_teachers_are_left_alone(train):
    train('run', {'train_cfg.max_epochs': 1}, lambda config: config.custom_hooks.append({'type': 'FeatureBankHook'}))
