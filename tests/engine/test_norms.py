from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.engine.dummy import DummyClassifier

QUIET = {'model.noise': 0.0, 'model.dropout': 0.0}
ONE_STEP = {**QUIET, 'train_cfg': {'_delete_': True, 'by_epoch': False, 'max_iters': 1}, 'val_cfg': None,
            'val_dataloader': None, 'val_evaluator': None}  # fmt: skip


def without_hook(config):
    del config.default_hooks['batch_norm']


class Watched(DummyClassifier):
    """Keeps what the norm sees."""

    seen: list[torch.Tensor]

    def __init__(self, **settings):
        super().__init__(**settings)
        type(self).seen = seen = []
        self.backbone[0].register_forward_hook(lambda *call: seen.append(call[2].detach().clone()))


def watched(*edits):
    def edit(config):
        config.model.type = Watched
        for other in edits:
            other(config)

    return edit


@pytest.mark.parametrize('steps', [1, 4])
def test_statistics_begin_with_the_first_batch_and_follow_by_the_momentum_of_the_layer(train, steps):
    options = {**ONE_STEP, 'train_cfg': {'_delete_': True, 'by_epoch': False, 'max_iters': steps}}
    norm = train(options=options, edit=watched()).model.backbone[1]
    assert len(Watched.seen) == steps
    mean, variance = Watched.seen[0].mean(dim=0), Watched.seen[0].var(dim=0)
    for batch in Watched.seen[1:]:
        mean, variance = 0.9 * mean + 0.1 * batch.mean(dim=0), 0.9 * variance + 0.1 * batch.var(dim=0)
    assert torch.allclose(norm.running_mean, mean, atol=1e-7)
    assert torch.allclose(norm.running_var, variance, rtol=1e-6)
    assert (norm.momentum, int(norm.num_batches_tracked)) == (0.1, steps)


def test_loaded_norms_go_on_from_what_they_have(train, tmp_path):
    train('first', options=ONE_STEP)
    weights = str(tmp_path / 'first' / 'weights.safetensors')
    with_hook = train('with', ONE_STEP, weights=weights)
    without = train('without', ONE_STEP, without_hook, weights=weights)
    assert int(with_hook.model.backbone[1].num_batches_tracked) == 2
    for name, value in without.model.state_dict().items():
        assert torch.equal(value, with_hook.model.state_dict()[name]), name


def test_weights_do_not_depend_on_it(train):
    with_hook, without = train('with', QUIET), train('without', QUIET, without_hook)
    buffers = {name for name, _ in with_hook.model.named_buffers()}
    for name, value in without.model.state_dict().items():
        assert torch.equal(value, with_hook.model.state_dict()[name]) or name in buffers, name
    assert not torch.equal(with_hook.model.backbone[1].running_var, without.model.backbone[1].running_var)


def test_a_short_run_on_small_numbers_is_normalised_in_evaluation(train):
    """Variances of patches are about 1e-5; with the usual beginning, 1 outweighs them for some hundred steps."""

    def spread(name, *edits):
        model = train(name, {**QUIET, 'optim_wrapper.optimizer.lr': 1e-6}, watched(small, *edits)).model
        inputs = Small.seen[-1]
        return float(nn.functional.batch_norm(inputs, *statistics(model.backbone[1])).std())

    def small(config):
        config.model.type = Small

    class Small(Watched):
        def __init__(self, **settings):
            super().__init__(**settings)
            with torch.no_grad():
                self.backbone[0].weight.mul_(3e-3)

    assert 0.5 < spread('with') < 1.5
    assert spread('without', without_hook) < 0.1


def statistics(norm):
    return norm.running_mean, norm.running_var, None, None, False, 0.0, norm.eps
