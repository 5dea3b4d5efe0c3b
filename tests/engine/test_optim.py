from __future__ import annotations

import pytest
import torch
from mmengine.optim import OptimWrapper
from torch import nn

from tests.engine.dummy import DummyClassifier, DummyShapes
from zoo.engine import AutocastOptimWrapper


class Spy(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4)

    def forward(self, inputs):
        self.seen = self.linear(inputs)
        return self.seen.float().square().mean()


def test_forward_runs_in_bfloat16_and_everything_else_in_float32():
    model = Spy()
    wrapper = AutocastOptimWrapper(optimizer=torch.optim.SGD(model.parameters(), lr=0.1))
    before = model.linear.weight.detach().clone()
    with wrapper.optim_context(model):
        loss = model(torch.randn(3, 8))
    assert model.seen.dtype == torch.bfloat16
    wrapper.update_params(loss)
    assert model.linear.weight.dtype == torch.float32
    assert not torch.equal(before, model.linear.weight)
    with torch.no_grad():
        model(torch.randn(3, 8))
    assert model.seen.dtype == torch.float32  # the context is left


@pytest.mark.parametrize(('kind', 'tolerance'), [(OptimWrapper, 1e-6), (AutocastOptimWrapper, 2e-3)])
def test_accumulated_small_batches_are_one_big_batch(kind, tolerance):
    """SGD, so that the step is the gradient; no batch norm, dropout or noise."""
    batch = DummyShapes(num_objects=24, jitter=0.0).__getitems__(range(24))
    weights = []
    for counts in (1, 4):
        torch.manual_seed(0)
        model = DummyClassifier(noise=0.0, dropout=0.0)
        model.backbone[1] = nn.Identity()
        wrapper = kind(
            optimizer=torch.optim.SGD(model.parameters(), lr=0.5),
            accumulative_counts=counts,
            clip_grad={'max_norm': 0.05},
        )
        wrapper.initialize_count_status(model, 0, counts)
        for part in torch.arange(24).chunk(counts):
            model.train_step({key: value[part] for key, value in batch.items()}, wrapper)
        weights.append(nn.utils.parameters_to_vector(model.parameters()))
    torch.manual_seed(0)
    start = nn.utils.parameters_to_vector(DummyClassifier(noise=0.0, dropout=0.0).head.parameters())
    moved = (weights[0][-len(start) :] - start).abs().max()
    assert moved > 1e-3  # clipped to 0.05 times the rate, but not to nothing
    assert (weights[0] - weights[1]).abs().max() < tolerance


def test_training_in_bfloat16_resembles_float32(train):
    losses = []
    for amp in (False, True):
        runner = train(f'amp-{amp}', amp=amp)
        assert type(runner.optim_wrapper).__name__ == ('AutocastOptimWrapper' if amp else 'OptimWrapper')
        losses.append(runner.message_hub.get_scalar('train/loss').data[0])
    assert losses[1] == pytest.approx(losses[0], rel=0.05)
    assert (losses[1] != losses[0]).any()
