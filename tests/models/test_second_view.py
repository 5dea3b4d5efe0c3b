"""Another view of the same objects: when it is made, and of what."""

from __future__ import annotations

import pytest
import torch

from tests.backbones.test_contract import JOINT, SMALL
from zoo.objectives.losses import view_contrast
from zoo.registry import MODELS, TRANSFORMS

VIEWS = dict(smc=dict(type='ViewContrast'))
HALF = dict(type='RandomSubsample', num_points=32)


@pytest.fixture
def calls():
    """How often a transform saw a batch, and how many points it saw."""

    class CountCalls:
        seen = []

        def __call__(self, batch):
            CountCalls.seen.append(batch['points'].shape[1])
            return batch

    TRANSFORMS.register_module(module=CountCalls)
    yield CountCalls.seen
    TRANSFORMS.module_dict.pop('CountCalls')


def build(objectives=VIEWS, train=(HALF,), backbone=JOINT, **more):
    torch.manual_seed(0)
    preprocessor = dict(type='BatchPreprocessor', train=list(train))
    return MODELS.build(
        dict(type='Pretrainer', backbone=backbone, objectives=objectives, data_preprocessor=preprocessor, **more)
    )


def clouds(size=3):
    return {'points': torch.randn(size, 64, 3, generator=torch.Generator().manual_seed(0))}


def test_both_views_are_independent_subsets_of_the_raw_cloud():
    raw = clouds()
    batch = build().data_preprocessor(raw, True)
    first, second = (set(map(tuple, batch[key][0].tolist())) for key in ('points', 'second_points'))
    whole = set(map(tuple, raw['points'][0].tolist()))
    assert first < whole
    assert second < whole
    assert 4 < len(first & second) < 28
    assert raw['points'].shape == (3, 64, 3)


def test_nobody_who_does_not_ask_pays(calls):
    counted = dict(second_view=[dict(type='CountCalls')])
    by_class = build(dict(smc=dict(type='ClassContrast')), **counted)
    assert 'second_points' not in by_class.data_preprocessor(clouds(), True)
    assert 'second_points' not in build(**counted).data_preprocessor(clouds(), False)
    assert calls == []


def test_a_list_of_its_own_starts_from_the_raw_points(calls):
    model = build(second_view=[dict(type='CountCalls'), dict(type='RandomSubsample', num_points=10)])
    batch = model.data_preprocessor(clouds(), True)
    assert calls == [64]
    assert batch['points'].shape == (3, 32, 3)
    assert batch['second_points'].shape == (3, 10, 3)


def test_the_loss_is_the_contrast_of_both_encoded_views():
    model = build().eval()
    batch = model.data_preprocessor(clouds(), True)
    goal = model.objectives.smc
    views = [goal.embed(model.backbone(batch[key])) for key in ('points', 'second_points')]
    torch.testing.assert_close(model.loss(**batch)['loss_smc'], view_contrast(*views))


def test_without_the_preprocessor_the_second_view_is_made_of_the_first(calls):
    model = build(second_view=[dict(type='CountCalls')])
    assert model.loss(clouds()['points'])['loss_smc'].isfinite()
    assert calls == [64]


def test_a_masked_method_masks_both_views_each_on_its_own(monkeypatch):
    drawn = []
    goals = {**VIEWS, 'reconstruct': dict(type='ReconstructPoints', decoder=dict(depth=1))}
    model = build(goals, backbone=SMALL, mask=dict(type='random', ratio=0.5))
    encode = model.encode
    monkeypatch.setattr(model, 'encode', lambda *args: drawn.append(encode(*args)) or drawn[-1])
    model.loss(**model.data_preprocessor(clouds(8), True))
    assert len(drawn) == 2
    assert all(int(output.mask.sum()) == 8 * 4 for output in drawn)
    assert not torch.equal(drawn[0].mask, drawn[1].mask)
