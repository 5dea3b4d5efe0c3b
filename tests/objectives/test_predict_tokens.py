from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tests.backbones.test_contract import PLAIN
from tests.objectives.test_objectives import decoded
from tests.teachers.tokenizers.test_teacher import ASKED, write
from tests.teachers.tokenizers.tiny import SIZES, dvae
from zoo.objectives import PredictFeatures, PredictTokens
from zoo.registry import BACKBONES

STUDENT = {**PLAIN, 'num_groups': 7, 'group_size': 8, 'drop_path': 0.0}


@pytest.fixture
def teacher(tmp_path):
    path = write(tmp_path / 'dvae.safetensors', dvae(), {'type': 'DiscreteVAE', **SIZES})
    return dict(type='DVAETokenizer', weights=path, **ASKED)


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
    ids = dvae().tokens(output.neighborhoods, output.centers)[output.mask]
    torch.testing.assert_close(goal(output, {}), F.cross_entropy(goal.head(decoded(goal, output)).flatten(0, 1), ids))
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
