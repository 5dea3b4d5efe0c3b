"""Which loss moves which part of which student."""

from __future__ import annotations

import re

import pytest
import torch

from tests.backbones.test_contract import JOINT, PLAIN, SMALL
from zoo.config import load_config
from zoo.hub.names import known_configs, parse_name
from zoo.registry import MODELS

CONFIGS = {str(name): load_config(name.config) for name in known_configs() if name.size == 'nano'}
# Teachers that have to be trained first are left out.
NAMES = [name for name, config in CONFIGS.items() if 'trained_by' not in str(config.model.objectives)]
RECONSTRUCT = dict(type='ReconstructPoints', decoder=dict(depth=1))
ALIGN = dict(
    image=dict(type='AlignModality', target_dim=10), text=dict(type='AlignModality', target_dim=6, loss='info_nce')
)
CONTRASTS = {**ALIGN, 'smc': dict(type='ViewContrast'), 'classes': dict(type='ClassContrast')}
LOCAL = r'backbone\.(patch_embed|position|blocks\.\d+\.local)\.'


def batch(size=4):
    generator = torch.Generator().manual_seed(0)
    return dict(
        points=torch.randn(size, 40, 3, generator=generator),
        image_feature=torch.randn(size, 10, generator=generator),
        text_feature=torch.randn(size, 6, generator=generator),
        label=torch.arange(size) % 2,
    )


def gradients(backbone, objectives, losses, **more):
    """Gradient of the named losses by parameter; None where there is none."""
    torch.manual_seed(0)
    config = dict(type='Pretrainer', backbone=backbone, objectives=objectives, mask=dict(type='random', ratio=0.5))
    model = MODELS.build({**config, **more})
    found = model.loss(**batch())
    sum(found[f'loss_{name}'] for name in losses).backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def moved(grads, pattern):
    """Parameters of the pattern with a gradient that is not exactly zero."""
    hits = {name: grad for name, grad in grads.items() if re.match(pattern, name)}
    assert hits, f'{pattern} fits no parameter'
    return {name for name, grad in hits.items() if grad is not None and bool(grad.any())}


@pytest.mark.parametrize('loss', CONTRASTS)
def test_stop_gradient_keeps_contrast_out_of_the_local_stream(loss):
    goals = {'reconstruct': RECONSTRUCT, **CONTRASTS}
    stopped = gradients({**SMALL, 'stop_gradient': True}, goals, [loss])
    assert not moved(stopped, LOCAL)
    assert moved(stopped, r'backbone\.blocks\.0\.attn\.')
    free = gradients({**SMALL, 'stop_gradient': False}, goals, [loss])
    assert moved(free, r'backbone\.patch_embed\.')
    assert moved(free, r'backbone\.blocks\.0\.local\.')


def test_reconstruction_moves_the_local_stream_and_no_query():
    grads = gradients(SMALL, {'reconstruct': RECONSTRUCT, **ALIGN}, ['reconstruct'])
    assert len(moved(grads, LOCAL)) == len([name for name in grads if re.match(LOCAL, name)])
    assert not moved(grads, r'backbone\.(query_|blocks\.\d+\.(norm|attn|mlp))')


def test_in_joint_fusion_contrast_moves_the_patch_tokens():
    grads = gradients({**JOINT, 'queries': ('image', 'text')}, {'reconstruct': RECONSTRUCT, **ALIGN}, ['image'])
    for part in (r'backbone\.patch_embed\.', r'backbone\.position\.', r'backbone\.blocks\.0\.'):
        assert moved(grads, part)


def test_two_towers_share_no_gradient():
    backbone = dict(type='TwoTower', local_tower=PLAIN, global_tower={**JOINT, 'queries': ('image', 'text')})
    goals = {'reconstruct': RECONSTRUCT, **ALIGN}
    for losses, own, other in (
        (['reconstruct'], 'local_tower', 'global_tower'),
        (['image', 'text'], 'global_tower', 'local_tower'),
    ):
        grads = gradients(backbone, goals, losses)
        assert moved(grads, rf'backbone\.{own}\.')
        assert not moved(grads, rf'backbone\.{other}\.')


@pytest.mark.parametrize('frozen', [True, False])
def test_a_teacher_is_moved_only_when_it_is_not_frozen(frozen):
    teacher = dict(type='EfficientNetLite0Teacher', input_size=32, frozen=frozen)
    torch.manual_seed(0)
    goal = dict(image=dict(type='AlignModality', teacher=teacher))
    model = MODELS.build(dict(type='Pretrainer', backbone=SMALL, objectives=goal))
    model.loss(batch(2)['points'], image=torch.rand(2, 3, 32, 32))['loss_image'].backward()
    network = model.objectives.image.teacher._network()
    with_gradient = [p for p in network.parameters() if p.grad is not None and bool(p.grad.any())]
    assert bool(with_gradient) is not frozen
    assert all(p.requires_grad is not frozen for p in network.parameters())
    assert moved({name: p.grad for name, p in model.named_parameters()}, r'objectives\.image\.projection')


def nano_batch(model):
    torch.manual_seed(0)
    given = dict(points=torch.randn(6, 600, 3), label=torch.arange(6) % 3)
    for name, teacher in model.teachers().items():
        given[f'{name}_feature'] = torch.randn(6, teacher.embed_dim)
    return model.data_preprocessor(given, True)


@pytest.mark.parametrize('name', NAMES)
def test_gradients_reach_what_the_config_does_not_except(name):
    """A nano config says under "No gradient:" which parameters its losses cannot reach."""
    config = CONFIGS[name]
    torch.manual_seed(0)
    preprocessor = config.data_preprocessor.to_dict()
    model = MODELS.build({**config.model.to_dict(), 'data_preprocessor': preprocessor})
    for parameter in model.parameters():
        if parameter.ndim > 1 and not parameter.any():  # PointNet's alignment, which lets nothing through at the start
            torch.nn.init.normal_(parameter, std=0.01)
    sum(model.loss(**nano_batch(model)).values()).backward()
    trained = {name: p.grad for name, p in model.named_parameters() if p.requires_grad}
    lacking = {name for name, grad in trained.items() if grad is None or not bool(grad.any())}
    said = re.search(r'^No gradient: ([^(]*)', parse_name(name).config.read_text('utf-8'), re.MULTILINE)
    assert lacking == set(re.findall(r'[\w.]+\w', said[1]) if said else [])


@pytest.mark.slow
@pytest.mark.parametrize('name', NAMES)
def test_training_lowers_the_loss(name):
    config = CONFIGS[name]
    torch.manual_seed(0)
    preprocessor = config.data_preprocessor.to_dict()
    model = MODELS.build({**config.model.to_dict(), 'data_preprocessor': preprocessor}).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    given, totals = nano_batch(model), []
    for _ in range(8):
        total = sum(model.loss(**given).values())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(float(total.detach()))
    assert sum(totals[-2:]) < 0.95 * sum(totals[:2])
