from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from torch import nn

from tests.engine.dummy import DummyShapes
from zoo.registry import DATASETS, HOOKS, MODELS
from zoo.teachers import Teacher


class MeanColor(Teacher):
    """Three channels of an image, or the length of a text; counts what it is asked."""

    def __init__(self, modality, **options):
        super().__init__(embed_dim=3, **options)
        self.modality, self.asked = modality, 0
        self._prepare()

    def _files(self):
        return ()

    def _load(self):
        return nn.Identity()

    def _preprocessing(self):
        return {'modality': self.modality}

    def _encode(self, network, inputs):
        self.asked += len(inputs)
        if self.modality == 'text':
            return torch.tensor([[float(len(text))] * 3 for text in inputs])
        return inputs.mean((2, 3))


@pytest.fixture
def components():
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
            self._teachers = {'image': MeanColor('image'), 'text': MeanColor('text')}
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
    assert teachers['image'].asked == 2 * 24
    assert teachers['text'].asked <= 24
    assert len(runner.model.batches) == 24
    for batch in runner.model.batches:
        assert 'image' not in batch
        assert 'text' not in batch
        view = (batch['image_feature'] * 255 - 10 * batch['index'][:, None]).round()
        assert ((view == 0) | (view == 1)).all()
        assert batch['text_feature'].shape == (4, 3)
    again = train('again', edit=with_bank(views=2, cache_dir=str(tmp_path / 'bank')))
    assert again.model.teachers()['image'].asked == 0


def test_batches_carry_every_view_where_that_is_asked_for(train, components, tmp_path):
    runner = train('run', edit=with_bank(views=2, whole=('image',), cache_dir=str(tmp_path / 'bank')))
    for batch in runner.model.batches:
        views = (batch['image_feature'] * 255 - 10 * batch['index'][:, None, None]).round()
        assert views.sort(dim=1).values.tolist() == [[[0.0] * 3, [1.0] * 3]] * 4
        assert batch['text_feature'].shape == (4, 3)


def test_it_can_be_switched_off(train, components):
    runner = train('run', edit=with_bank(enabled=False))
    assert all({'image', 'text'} <= set(batch) for batch in runner.model.batches)


def test_objects_that_are_made_when_read_have_no_bank(train, components, monkeypatch):
    monkeypatch.setattr(DATASETS.get('DummyViews'), 'made_when_read', True)
    runner = train('run', {'train_cfg.max_epochs': 1}, with_bank())
    assert all({'image', 'text'} <= set(batch) for batch in runner.model.batches)
    assert runner.model.teachers()['image'].asked == 0


def test_models_without_teachers_are_left_alone(train):
    train('run', {'train_cfg.max_epochs': 1}, lambda config: config.custom_hooks.append({'type': 'FeatureBankHook'}))
    assert HOOKS.get('FeatureBankHook') is not None
