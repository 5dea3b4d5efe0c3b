from __future__ import annotations

import pytest
import torch

from tests.teachers.tokenizers.tiny import SIZES, cross_modal, dvae, groups
from zoo.teachers.tokenizers import gumbel_softmax

BOTH = pytest.mark.parametrize('build', [dvae, cross_modal])


@BOTH
def test_shapes(build):
    network = build()
    output = network(*groups())
    assert output.logits.shape == (2, 7, 16)
    assert output.coarse.shape == (2, 7, 2, 3)
    assert output.fine.shape == (2, 7, 8, 3)
    tokens = network.tokens(*groups())
    assert tokens.shape == (2, 7)
    assert tokens.dtype == torch.int64
    assert 0 <= int(tokens.min()) <= int(tokens.max()) < SIZES['num_tokens']
    assert network.features(*groups()).shape == (2, 7, network.embed_dim)


@BOTH
def test_tokens_and_features_do_not_depend_on_the_order_of_a_groups_points(build):
    network, (neighborhoods, centers) = build(), groups()
    shuffled = neighborhoods[:, :, torch.randperm(8)]
    assert torch.equal(network.tokens(shuffled, centers), network.tokens(neighborhoods, centers))
    torch.testing.assert_close(network.features(shuffled, centers), network.features(neighborhoods, centers))


@BOTH
def test_tokens_and_features_are_the_same_every_time_whatever_the_seed(build):
    network = build()
    torch.manual_seed(1)
    first = network.tokens(*groups()), network.features(*groups())
    torch.manual_seed(2)
    assert torch.equal(network.tokens(*groups()), first[0])
    assert torch.equal(network.features(*groups()), first[1])


def test_sampled_features_are_not():
    network = dvae()
    torch.manual_seed(1)
    first = network.features(*groups(), sample=True)
    assert not torch.equal(network.features(*groups(), sample=True), first)


def test_the_most_likely_token_names_the_code_behind_a_feature():
    network, (neighborhoods, centers) = dvae(), groups()
    codes = network.codebook[network.logits(neighborhoods, centers).argmax(-1)]
    torch.testing.assert_close(network.features(neighborhoods, centers), network.from_codes(codes, centers))


@BOTH
def test_gradient_reaches_every_parameter(build):
    network = build().train()
    output = network(*groups())
    (output.coarse.square().sum() + output.fine.square().sum()).backward()
    assert {name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()} <= REMOVED


REMOVED = {f'encoder.fc{i}.bias' for i in (1, 2, 3)} | {'decoder.fold1.bias', 'decoder.fold2.bias'}
"""Constants that a batch norm takes away again."""


def test_hard_samples_are_one_hot_and_have_the_soft_gradient():
    logits = torch.randn(50, 6, requires_grad=True)
    torch.manual_seed(3)
    hard = gumbel_softmax(logits, 0.7, hard=True)
    assert ((hard == 0) | (hard == 1)).all()
    assert (hard.sum(-1) == 1).all()
    direction = torch.randn(50, 6)
    (hard * direction).sum().backward()
    through_hard, logits.grad = logits.grad, None
    torch.manual_seed(3)
    soft = gumbel_softmax(logits, 0.7)
    torch.testing.assert_close(soft.sum(-1), torch.ones(50))
    assert torch.equal(soft.argmax(-1), hard.argmax(-1))
    (soft * direction).sum().backward()
    torch.testing.assert_close(logits.grad, through_hard)


def test_samples_follow_the_softmax():
    """The Gumbel-max theorem: ids are drawn with their probabilities, at any temperature."""
    torch.manual_seed(0)
    logits = torch.tensor([1.0, 0.0, -1.0, 2.0])
    share = gumbel_softmax(logits.expand(40_000, 4), 0.3, hard=True).mean(0)
    torch.testing.assert_close(share, logits.softmax(0), rtol=0, atol=0.01)


def test_a_low_temperature_is_nearly_a_choice():
    torch.manual_seed(0)
    logits = torch.randn(200, 5)
    assert gumbel_softmax(logits, 0.01).amax(-1).mean() > 0.98
    assert gumbel_softmax(logits, 100.0).amax(-1).mean() < 0.25
