"""Our models against outputs, losses and gradient norms recorded from the released code."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import zoo
from tests.refusals import refused
from tests.shared import shared_file

SIZES = dict(num_groups=16, group_size=8, num_heads=3)
TOLERANCE = 1e-5


def read(name):
    arrays = np.load(shared_file('parity', f'{name}.npz'))
    tensors = {key: torch.from_numpy(arrays[key]) for key in arrays}
    state = {key.removeprefix('state_dict/'): value for key, value in tensors.items() if key.startswith('state_dict/')}
    return state, {key.removeprefix('io/'): value for key, value in tensors.items() if key.startswith('io/')}


def relative(ours, theirs):
    return float((ours.detach().double() - theirs.double()).norm() / theirs.double().norm())


def rewind_running_statistics(model, run):
    """Undo one update of the BatchNorm statistics.

    The pretraining files were written after their training-mode pass (``num_batches_tracked`` is 1), while the
    evaluation-mode figures were taken before it: stored = 0.9 * before + 0.1 * batch.
    """
    stored = {key: value.double().clone() for key, value in model.named_buffers() if 'running' in key}
    model.train()
    with torch.no_grad():
        run()
    for key, value in model.named_buffers():
        if 'running' in key:
            batch = (value.double() - 0.9 * stored[key]) / 0.1
            value.copy_((stored[key] - 0.1 * batch) / 0.9)
    model.eval()


def official_names(model, state, method):
    """Parameters of our model by the released names, found by writing each name's own number through the loader."""
    marked = {key: torch.full_like(value, float(i)) for i, (key, value) in enumerate(state.items())}
    task = 'pretrain' if 'increase_dim.0.bias' in state else 'classify'
    numbered = dict(zoo.load_official(marked, method, task, **SIZES).named_parameters())
    names = list(state)
    return {names[int(numbered[key].flatten()[0])]: parameter for key, parameter in model.named_parameters()}


def check_gradients(model, state, method, recorded, prefix):
    by_name = official_names(model, state, method)
    norms = {key.removeprefix(prefix): float(value) for key, value in recorded.items() if key.startswith(prefix)}
    assert norms, 'no gradient norms recorded'
    assert set(norms) == set(by_name)
    for name, theirs in norms.items():
        gradient = by_name[name].grad
        if theirs == -1:
            assert gradient is None, name
            continue
        assert gradient is not None, name
        assert float(gradient.norm()) == pytest.approx(theirs, rel=TOLERANCE, abs=1e-12), name


@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
@pytest.mark.parametrize('mode', ['eval', 'train'])
@pytest.mark.parametrize(('name', 'method'), [('recon', 'recon'), ('pointmae', 'point_mae'), ('twotower', 'two_tower')])
def test_pretraining_losses_and_gradients(name, method, mode, dtype):
    state, recorded = read(f'{name}_pretrain')
    model = zoo.load_official(state, method, 'pretrain', **SIZES).to(dtype)
    given = {key: recorded[key] for key in ('points', 'mask', 'image_feature', 'text_feature') if key in recorded}
    given = {key: value.to(dtype) if value.is_floating_point() else value for key, value in given.items()}
    if mode == 'eval':
        rewind_running_statistics(model, lambda: model.loss(**given))
    losses = model.train(mode == 'train').loss(**given)
    expected = {key.removeprefix(f'{mode}/') for key in recorded if key.startswith(f'{mode}/loss_')}
    assert set(losses) == expected
    for key in expected:
        assert relative(losses[key], recorded[f'{mode}/{key}']) < TOLERANCE
    total = sum(losses.values())
    assert relative(total, recorded[f'{mode}/loss']) < TOLERANCE
    total.backward()
    # Rewinding rounds the statistics; in float32 that can push one unit over the kink of its ReLU and change a small
    # gradient, depending on the order of sums. In float64 it cannot.
    if dtype == torch.float64 and any(key.startswith(f'{mode}/grad_norm/') for key in recorded):
        check_gradients(model, state, method, recorded, f'{mode}/grad_norm/')


def test_gradient_norms_are_recorded_for_the_evaluation_mode():
    for name in ('recon', 'pointmae', 'twotower'):
        assert any(key.startswith('eval/grad_norm/') for key in read(f'{name}_pretrain')[1])


@pytest.mark.parametrize(('name', 'method'), [('recon', 'recon'), ('pointmae', 'point_mae')])
def test_classification_logits_and_gradients(name, method):
    state, recorded = read(f'{name}_classify')
    model = zoo.load_official(state, method, 'classify', **SIZES)
    logits = model(recorded['points'])
    assert relative(logits, recorded['output']) < TOLERANCE
    loss = F.cross_entropy(logits, recorded['label'])
    assert relative(loss, recorded['loss']) < TOLERANCE
    loss.backward()
    check_gradients(model, state, method, recorded, 'grad_norm/')


def test_zero_shot_features():
    state, recorded = read('recon_zeroshot')
    model = zoo.load_official(state, 'recon', 'zero_shot', ratio=0.25, **SIZES)
    assert relative(model(recorded['points']), recorded['output']) < TOLERANCE


@pytest.mark.parametrize('name', ['recon_pretrain', 'pointmae_pretrain'])
def test_groups_hold_the_recorded_points(name):
    state, recorded = read(name)
    method = 'recon' if name.startswith('recon') else 'point_mae'
    neighborhoods, centers = zoo.load_official(state, method, 'pretrain', **SIZES).backbone.group(recorded['points'])
    assert torch.equal(centers, recorded['center'])
    for ours, theirs in zip(neighborhoods.flatten(0, 1), recorded['neighborhood'].flatten(0, 1), strict=True):
        assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, theirs.tolist()))


def test_a_file_of_the_released_form_gives_the_same_logits(tmp_path):
    state, recorded = read('recon_classify')
    path = tmp_path / 'ckpt-best.pth'
    torch.save({'base_model': {f'module.{key}': value for key, value in state.items()}, 'epoch': 3}, path)
    model = zoo.load_official(path, 'recon', 'classify', **SIZES)
    assert relative(model(recorded['points']), recorded['output']) < TOLERANCE


def two_tower_file(streams, linear):
    """A fine-tuned file in the released form, made of the pretrained towers, and what it is to say of some clouds."""
    state, recorded = read('twotower_pretrain')
    points = recorded['points']
    generator = torch.Generator().manual_seed(0)
    local = {key.removeprefix('MAE_encoder.'): value for key, value in state.items() if key.startswith('MAE_encoder.')}
    dim = local['norm.weight'].shape[0]
    for name in ('cls_token', 'cls_pos'):
        local[name] = torch.randn(1, 1, dim, generator=generator)
    tower = {key: value for key, value in state.items() if key.startswith('Dis_encoder.')}

    # The towers by loaders that are compared with recorded outputs above.
    head = {'cls_head_finetune.0.weight': torch.zeros(5, 2 * dim), 'cls_head_finetune.0.bias': torch.zeros(5)}
    student = zoo.load_official({**local, **head}, 'point_mae', 'linear', **SIZES).backbone(points)
    contrast = zoo.load_official(state, 'two_tower', 'pretrain', **SIZES).backbone.global_tower(points).queries
    # The released code pools from the fourth token on, although there is one query in front of the patches.
    ours = [student.queries['cls'], student.tokens[:, 2:].amax(dim=1)]
    theirs = [contrast['image'], contrast['text']]
    features = torch.cat({'both': ours + theirs, 'local': ours, 'global': theirs}[streams], dim=-1)

    weights = [torch.randn(5, features.shape[1], generator=generator)]
    if not linear:
        weights = [torch.randn(256, features.shape[1], generator=generator), torch.randn(256, 256, generator=generator)]
        weights.append(torch.randn(5, 256, generator=generator))
    logits, head = features, {}
    for place, weight in enumerate(weights):
        bias = torch.randn(len(weight), generator=generator)
        head |= {f'{4 * place}.weight': weight, f'{4 * place}.bias': bias}
        logits = F.linear(logits, weight, bias)
        if place < len(weights) - 1:
            norm = {'weight': torch.rand(256, generator=generator), 'bias': torch.rand(256, generator=generator)}
            norm |= {'running_mean': torch.zeros(256), 'running_var': torch.ones(256)}
            head |= {f'{4 * place + 1}.{name}': value for name, value in norm.items()}
            logits = (logits / (1 + 1e-5) ** 0.5 * norm['weight'] + norm['bias']).relu()
    return {**local, **tower, **{f'cls_head_finetune.{name}': value for name, value in head.items()}}, points, logits


@pytest.mark.parametrize(('streams', 'linear'), [('both', False), ('local', False), ('global', False), ('both', True)])
def test_fine_tuned_two_towers(streams, linear):
    state, points, logits = two_tower_file(streams, linear)
    given = {} if streams == 'both' else {'streams': streams}
    model = zoo.load_official(state, 'two_tower', 'linear' if linear else 'classify', **SIZES, **given)
    assert relative(model(points), logits) < TOLERANCE


def test_the_tower_that_a_head_reads_is_not_guessed():
    state, _, _ = two_tower_file('local', linear=False)
    assert 'streams="local"' in refused(zoo.load_official, state, 'two_tower', 'classify', **SIZES)
    assert 'head of' in refused(zoo.load_official, state, 'two_tower', 'classify', streams='both', **SIZES)
    with pytest.raises(zoo.errors.UsageError, match='holds no classifier'):
        zoo.load_official(read('twotower_pretrain')[0], 'two_tower', 'classify', **SIZES)
