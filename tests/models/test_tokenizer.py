from __future__ import annotations

import math

import pytest
import torch

from tests.teachers.tokenizers.tiny import RANDOM, SIZES
from zoo.engine.param_groups import split_parameters
from zoo.models.tokenizer import cosine_ramp, uniform_divergence
from zoo.registry import MODELS

DVAE = dict(type='DiscreteVAE', **SIZES)
ACT = dict(type='CrossModalVAE', foundation=RANDOM, num_prompts=5, **SIZES)
BOTH = pytest.mark.parametrize('tokenizer', [DVAE, ACT], ids=['dvae', 'act'])


def build(tokenizer=DVAE, **more):
    torch.manual_seed(0)
    return MODELS.build(dict(type='TokenizerPretrainer', tokenizer=tokenizer, num_groups=7, **more))


@BOTH
def test_modes_and_shapes(tokenizer):
    model = build(tokenizer).eval()
    points, label = torch.randn(2, 40, 3), torch.tensor([4, 5])
    assert model(points).shape == (2, 7)
    losses = model(points, mode='loss')
    assert set(losses) == {'loss_coarse', 'loss_fine', 'loss_kl'}
    assert all(value.ndim == 0 for value in losses.values())
    samples = model(points, mode='predict', label=label)
    assert torch.equal(samples[1]['tokens'], model(points)[1])
    assert samples[1]['points'].shape == (56, 3)
    assert samples[1]['label'] == 5
    with pytest.raises(ValueError, match="unknown mode 'dream'"):
        model(points, mode='dream')


def test_reconstruction_losses_compare_groups_with_themselves():
    model = build().eval()
    points = torch.randn(2, 40, 3)
    torch.manual_seed(1)
    losses = model.loss(points)
    torch.manual_seed(1)
    neighborhoods, centers = model.group(points)
    output = model.tokenizer(neighborhoods, centers, 1.0)
    for name in ('coarse', 'fine'):
        total = 0.0
        for made, real in zip(getattr(output, name).flatten(0, 1), neighborhoods.flatten(0, 1), strict=True):
            distance = (made[:, None] - real).norm(dim=-1)
            total += (distance.amin(0).mean() + distance.amin(1).mean()) / 2 / 14
        torch.testing.assert_close(losses[f'loss_{name}'], total)


def test_steps_are_counted_in_training_only_and_saved():
    model = build()
    model.loss(torch.randn(2, 40, 3))
    model.eval()
    model.loss(torch.randn(2, 40, 3))
    assert model.state_dict()['step'] == 1
    again = build()
    again.load_state_dict(model.state_dict())
    assert again.step == 1


def test_the_schedules_of_the_released_code():
    model = build()

    def at(step, schedule):
        return float(cosine_ramp(torch.tensor(step), **schedule))

    for step in (0, 1, 5_000, 50_000, 99_999, 100_000, 200_000):
        progress = min(step / 100_000, 1)
        expected = 0.0625 + (1 - 0.0625) * (1 + math.cos(math.pi * progress)) / 2
        assert at(step, model.temperature) == pytest.approx(expected, abs=1e-6)
        progress = min(max(step - 10_000, 0) / 100_000, 1)
        expected = 0.1 - 0.1 * (1 + math.cos(math.pi * progress)) / 2
        assert at(step, model.kl_weight) == pytest.approx(expected, abs=1e-6)


def test_ramps_stretch_with_the_training():
    """Half of a training of any length has the temperature of half of the one that the numbers are meant for."""
    temperature = dict(start=1.0, end=0.1, steps=80)

    def temperature_at(step, **more):
        model, seen = build(temperature=temperature, kl_weight=dict(steps=80, delay=10), **more), []
        model.before_training(1000)
        model.step.fill_(step)
        forward = model.tokenizer.forward
        model.tokenizer.forward = lambda *inputs: seen.append(float(inputs[2])) or forward(*inputs)
        return seen[0] if model.loss(torch.randn(2, 40, 3)) else None

    for share in (0.0, 0.25, 0.5, 0.9):
        done = min(share * 100 / 80, 1)
        expected = 0.1 + 0.9 * (1 + math.cos(math.pi * done)) / 2
        assert temperature_at(int(1000 * share), iterations=100) == pytest.approx(expected, abs=1e-6)
    assert temperature_at(80) == pytest.approx(0.1)  # no length given: as it stands


def test_a_ramp_without_length_is_a_step():
    ramp = dict(start=2.0, end=3.0, steps=0, delay=4)
    assert [float(cosine_ramp(torch.tensor(step), **ramp)) for step in (0, 4, 5)] == [2.0, 2.0, 3.0]


def test_divergence_is_that_from_the_uniform_distribution():
    logits = torch.randn(3, 7, 16)
    mean = logits.softmax(-1).mean(1)
    expected = sum((1 / 16) * math.log((1 / 16) / float(p)) for row in mean for p in row) / 3
    assert float(uniform_divergence(logits)) == pytest.approx(expected, rel=1e-4)
    assert float(uniform_divergence(torch.zeros(2, 7, 16))) == pytest.approx(0, abs=1e-6)
    certain = torch.full((1, 7, 16), -1e4)
    certain[..., 0] = 0
    assert uniform_divergence(certain).isfinite()


def test_prompts_take_no_weight_decay():
    model = build(ACT)
    spared = model.no_weight_decay()
    assert spared == {'tokenizer.prompts', 'tokenizer.prompt_positions'}
    groups = split_parameters(model, 1e-3, 0.1)
    assert sum(len(group['params']) for group in groups) == len(list(model.parameters()))
