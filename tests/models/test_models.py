from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.backbones.test_contract import JOINT, PLAIN, SMALL
from zoo.registry import MODELS

OBJECTIVE_CONFIGS = dict(
    reconstruct=dict(type='ReconstructPoints', decoder=dict(depth=1)),
    image=dict(type='AlignModality', target_dim=10),
    text=dict(type='AlignModality', target_dim=6, weight=0.5),
)
BATCH = dict(points=torch.randn(3, 40, 3), image_feature=torch.randn(3, 10), text_feature=torch.randn(3, 6))


def build(**cfg):
    torch.manual_seed(0)
    return MODELS.build(cfg).eval()


def pretrainer(**more):
    cfg = dict(type='Pretrainer', backbone=SMALL, objectives=OBJECTIVE_CONFIGS, mask=dict(type='random', ratio=0.5))
    return build(**{**cfg, **more})


@pytest.mark.parametrize('kind', ['random', 'block'])
def test_pretrainer_has_one_loss_per_objective(kind):
    model = pretrainer(mask=dict(type=kind, ratio=0.5))
    losses = model(**BATCH, mode='loss')
    assert set(losses) == {'loss_reconstruct', 'loss_image', 'loss_text'}
    assert all(value.ndim == 0 and bool(value.isfinite()) for value in losses.values())


def test_weights_of_objectives_scale_their_losses():
    mask = torch.zeros(3, 8, dtype=torch.bool)
    mask[:, :4] = True
    half = pretrainer().loss(**BATCH, mask=mask)
    full = pretrainer(objectives={**OBJECTIVE_CONFIGS, 'text': dict(type='AlignModality', target_dim=6)})
    torch.testing.assert_close(full.loss(**BATCH, mask=mask)['loss_text'], 2 * half['loss_text'])


def test_sizes_come_from_the_backbone():
    model = pretrainer()
    assert model.objectives['reconstruct'].head.out_features == 3 * 6
    assert model.objectives['reconstruct'].decoder.blocks[0].attn.num_heads == 3


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(objectives={}), 'at least one objective'),
        (dict(objectives=dict(a=dict(type='Dream'))), "unknown objective 'Dream'"),
        (dict(mask=dict(type='stripes', ratio=0.5)), "unknown mask type 'stripes'"),
    ],
)
def test_pretrainer_settings_that_do_not_fit(change, message):
    with pytest.raises(ValueError, match=message):
        pretrainer(**change)


@pytest.mark.parametrize('backbone', [SMALL, JOINT])
@pytest.mark.parametrize('head', ['linear', 'mlp3'])
def test_classifier(backbone, head):
    model = build(type='PointClassifier', backbone=backbone, num_classes=5, head=head)
    points, label = BATCH['points'], torch.tensor([0, 4, 2])
    logits = model(points)
    assert logits.shape == (3, 5)
    torch.testing.assert_close(model.loss(points, label=label)['loss'], nn.functional.cross_entropy(logits, label))
    predicted = model(points, mode='predict', label=label, index=torch.arange(3))
    assert [int(row['pred']) for row in predicted] == logits.argmax(-1).tolist()
    assert [int(row['label']) for row in predicted] == [0, 4, 2]


def test_feature_extractor_has_no_loss():
    model = build(type='FeatureExtractor', backbone=PLAIN)
    assert model(BATCH['points']).shape == (3, 24)
    with pytest.raises(TypeError, match='only measures'):
        model.loss(BATCH['points'])


def test_zero_shot_against_one_sample_at_a_time():
    model = build(type='ZeroShotClassifier', backbone=SMALL, target_dim=7, ratio=0.3)
    classes = torch.randn(4, 7)
    scores = model.classify(BATCH['points'], classes)
    for i, cloud in enumerate(BATCH['points']):
        queries = model.backbone(cloud[None]).queries
        feature = 0.3 * model.text_projection(queries['text'])[0] + model.image_projection(queries['image'])[0]
        expected = torch.stack([torch.cosine_similarity(feature, row, dim=0) for row in classes])
        torch.testing.assert_close(scores[i], expected, rtol=1e-3, atol=1e-5)


def test_preprocessor_leaves_the_batch_alone():
    model = build(
        type='PointClassifier',
        backbone=SMALL,
        num_classes=5,
        data_preprocessor=dict(type='BatchPreprocessor', train=[dict(type='RandomSubsample', num_points=16)]),
    )
    batch = {'points': torch.randn(2, 30, 3)}
    assert model.data_preprocessor(batch, True)['points'].shape == (2, 16, 3)
    assert model.data_preprocessor(batch, False)['points'].shape == (2, 30, 3)
    assert batch['points'].shape == (2, 30, 3)


def test_unknown_mode():
    with pytest.raises(ValueError, match="unknown mode 'dream'"):
        pretrainer()(BATCH['points'], mode='dream')
