"""Released tokenizers: they compute what their tensors say, and what does not fit is named."""

from __future__ import annotations

import re

import pytest
import torch

import zoo
from tests.refusals import refused
from tests.teachers.tokenizers import released
from tests.teachers.tokenizers.tiny import groups, official_state

SIZES = dict(num_groups=7, group_size=8)


def load(state, method='point_bert', **more):
    return zoo.load_official(state, method, 'tokenizer', **{**SIZES, **more})


def test_dvae_agrees_with_the_released_computation():
    state, (neighborhoods, centers) = official_state(), groups()
    network = load(state).tokenizer
    logits = released.graph(state, 'dgcnn_1', released.encode(state, neighborhoods), centers)
    torch.testing.assert_close(network.logits(neighborhoods, centers), logits, rtol=1e-4, atol=1e-5)
    assert torch.equal(network.tokens(neighborhoods, centers), logits.argmax(-1))
    features = released.graph(state, 'dgcnn_2', state['codebook'][logits.argmax(-1)], centers)
    torch.testing.assert_close(network.features(neighborhoods, centers), features, rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(network.decoder(features), released.decode(state, features), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('prompts', [1, 5])
def test_act_agrees_with_the_released_computation(prompts):
    state, (neighborhoods, centers) = official_state(act=True, prompts=prompts), groups()
    network = load(state, 'act', num_heads=3).tokenizer
    logits = released.graph(state, 'dgcnn_1', released.encode(state, neighborhoods), centers)
    mixed = released.mix(state, state['codebook'][logits.argmax(-1)], centers, num_heads=3, depth=3)
    features = released.graph(state, 'dgcnn_2', mixed, centers)
    torch.testing.assert_close(network.features(neighborhoods, centers), features, rtol=1e-3, atol=1e-4)


def spoilt(without='', act=False, **more):
    return {key: value for key, value in official_state(act).items() if key != without} | more


@pytest.mark.parametrize(
    ('state', 'options', 'message'),
    [
        (spoilt('dgcnn_2.layer3.1.bias'), {}, r'missing: from_codes\.layers\.2\.norm\.bias'),
        (spoilt('decoder.final_conv.4.running_var'), {}, r'missing: decoder\.norm2\.running_var'),
        (spoilt('visual_embed.0.1.mlp.fc1.bias', True), {'method': 'act'}, r'does not fit: blocks\.1\.mlp\.fc1\.bias'),
        (spoilt('deep_prompt_pos', True), {'method': 'act'}, 'of another shape: prompt_positions'),
        (spoilt(queue=torch.rand(2), adapter=torch.rand(3)), {}, 'left over: adapter, queue'),
        (spoilt(act=True), {}, 'it is a tokenizer of'),
        (spoilt(), {'method': 'act'}, 'it is a tokenizer of'),
        ({'norm.weight': torch.rand(3)}, {}, 'missing codebook'),
        (spoilt(), {'group_size': 32}, 'makes groups of 8'),
    ],
)
def test_what_does_not_fit_is_named(state, options, message):
    assert re.search(message, refused(load, state, **options))


def test_a_fine_tuned_act_is_read_like_point_mae():
    from tests.hub.test_official import official_state as released_recon

    names = ('cls_token', 'cls_pos', 'encoder.', 'pos_embed.', 'blocks.', 'norm.', 'cls_head_finetune.')
    state = {key: value for key, value in released_recon().items() if key.startswith(names) and '_contrast' not in key}
    state['cls_head_finetune.0.weight'] = torch.rand(256, 48)
    models = [
        zoo.load_official(state, method, 'classify', num_groups=8, group_size=6, num_heads=3)
        for method in ('act', 'point_mae')
    ]
    points = torch.randn(2, 40, 3)
    assert torch.equal(models[0](points), models[1](points))
