from __future__ import annotations

import json

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

import zoo.backbones  # noqa: F401
from tests.teachers.tokenizers.tiny import SIZES, dvae
from zoo.objectives import PredictFeatures, PredictTokens
from zoo.registry import BACKBONES, MODELS

STUDENT = dict(
    type='PointTransformer',
    embed_dim=24,
    depth=2,
    num_heads=3,
    queries=(),
    fusion='none',
    num_groups=7,
    group_size=8,
    patch_widths=(8, 16, 16),
    drop_path=0.0,
)


@pytest.fixture
def teacher(tmp_path):
    tensors = {f'tokenizer.{name}': tensor.clone() for name, tensor in dvae().state_dict().items()}
    header = {'model': json.dumps({'type': 'TokenizerPretrainer', 'tokenizer': {'type': 'DiscreteVAE', **SIZES}})}
    save_file(tensors, tmp_path / 'dvae.safetensors', metadata=header)
    return dict(type='DVAETokenizer', weights=str(tmp_path / 'dvae.safetensors'), num_tokens=16, embed_dim=8)


def encode(masked_tokens, masked=True):
    torch.manual_seed(0)
    student = BACKBONES.build({**STUDENT, 'masked_tokens': masked_tokens}).eval()
    mask = torch.zeros(2, 7, dtype=torch.bool)
    mask[0, [1, 4]] = mask[1, [0, 6]] = True
    return student(torch.randn(2, 40, 3), mask if masked else None)


def test_token_loss_is_the_cross_entropy_of_masked_groups(teacher):
    output = encode('replace')
    goal = PredictTokens('tokens', BACKBONES.build(STUDENT), teacher)
    ids = dvae().tokens(output.neighborhoods, output.centers)
    total = 0.0
    for b, g in output.mask.nonzero().tolist():
        total -= goal.head(output.tokens[b, g]).log_softmax(0)[ids[b, g]]
    torch.testing.assert_close(goal(output, {}), total / 4)


def test_dropped_tokens_are_decoded(teacher):
    output = encode('drop')
    goal = PredictTokens('tokens', BACKBONES.build(STUDENT), teacher, decoder=dict(depth=1)).eval()
    rows = torch.arange(2)[:, None]
    decoded = goal.decoder(output.tokens, output.centers[rows, output.visible], output.centers[rows, output.masked])
    ids = dvae().tokens(output.neighborhoods, output.centers)[rows, output.masked]
    torch.testing.assert_close(goal(output, {}), F.cross_entropy(goal.head(decoded).flatten(0, 1), ids.flatten()))
    assert goal.no_weight_decay() == {'decoder.mask_token'}


@pytest.mark.parametrize('loss', ['cosine', 'smooth_l1', 'mse'])
def test_feature_loss_compares_masked_groups(teacher, loss):
    output = encode('replace')
    goal = PredictFeatures('features', BACKBONES.build(STUDENT), teacher, loss=loss)
    prediction = goal.head(output.tokens)[output.mask]
    target = dvae().features(output.neighborhoods, output.centers)[output.mask]
    slow = {
        'cosine': lambda: (1 - (prediction * target).sum(-1) / prediction.norm(dim=-1) / target.norm(dim=-1)).mean(),
        'smooth_l1': lambda: F.smooth_l1_loss(prediction, target),
        'mse': lambda: (prediction - target).square().mean(),
    }
    torch.testing.assert_close(goal(output, {}), slow[loss]())


def test_layer_norm_of_targets(teacher):
    output = encode('replace')
    goal = PredictFeatures('features', BACKBONES.build(STUDENT), teacher, loss='mse', target_norm='layer')
    target = dvae().features(output.neighborhoods, output.centers)[output.mask]
    normed = (target - target.mean(-1, keepdim=True)) / target.std(-1, unbiased=False, keepdim=True)
    torch.testing.assert_close(goal(output, {}), F.mse_loss(goal.head(output.tokens)[output.mask], normed))


@pytest.mark.parametrize('kind', [PredictTokens, PredictFeatures])
def test_masks_and_decoders_must_fit_the_student(teacher, kind):
    with pytest.raises(ValueError, match='needs masked groups'):
        kind('x', BACKBONES.build(STUDENT), teacher)(encode('replace', masked=False), {})
    with pytest.raises(ValueError, match='needs a decoder'):
        kind('x', BACKBONES.build(STUDENT), teacher)(encode('drop'), {})
    with pytest.raises(ValueError, match="masked_tokens='drop'"):
        kind('x', BACKBONES.build(STUDENT), teacher, decoder=dict(depth=1))(encode('replace'), {})


@pytest.mark.parametrize(
    ('options', 'message'), [(dict(loss='info_nce'), "unknown loss 'info_nce'"), (dict(target_norm='batch'), 'batch')]
)
def test_unknown_options(options, message):
    with pytest.raises(ValueError, match=message):
        PredictFeatures('x', BACKBONES.build(STUDENT), dict(type='DVAETokenizer'), **options)


@pytest.mark.parametrize('objective', ['PredictTokens', 'PredictFeatures'])
@pytest.mark.parametrize('fusion', ['none', 'cross'])
def test_a_few_steps_lower_the_loss_of_any_student(teacher, objective, fusion):
    """ReCon's local stream too: tokens instead of points."""
    torch.manual_seed(0)
    queries = ('image',) if fusion == 'cross' else ()
    goals = dict(local=dict(type=objective, teacher=teacher, decoder=dict(depth=1, drop_path=0.0)))
    if queries:
        goals['image'] = dict(type='AlignModality', target_dim=5)
    model = MODELS.build(
        dict(
            type='Pretrainer',
            backbone={**STUDENT, 'fusion': fusion, 'queries': queries},
            mask=dict(type='random', ratio=0.5),
            objectives=goals,
        )
    )
    batch = dict(points=torch.randn(8, 64, 3), image_feature=torch.randn(8, 5))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(25):
        loss = model(**batch, mode='loss')['loss_local']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-5:]) < 0.95 * sum(losses[:5])
    assert not [name for name in model.state_dict() if 'teacher' in name]
