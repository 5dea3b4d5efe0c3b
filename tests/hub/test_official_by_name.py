"""A checkpoint in the layout of the authors: found by name, downloaded, converted, the same figures."""

from __future__ import annotations

import hashlib

import pytest
import torch

import zoo
from tests.hub.download.server import serving
from tests.hub.index.samples import write_index
from tests.hub.test_official_parity import TOLERANCE, read, relative
from tests.refusals import refused
from zoo.errors import UsageError


def model_of(name, task, method, address, classes=(), **more):
    return {
        'Name': name,
        'In Collection': 'ReCon',
        'Config': f'configs/{"recon" if method == "recon" else "point_mae"}/base.py',
        'Weights': address,
        'Metadata': {
            'Task': task,
            'Training Data': 'noise',
            'Licence': 'none',
            'Official': {'Method': method, 'Groups': 16, 'Group Size': 8, 'Heads': 3},
            **({'Classes': list(classes)} if classes else {}),
            **more,
        },
    }


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv('ZOO_HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('ZOO_MODEL_INDEX', str(tmp_path / 'model_index.yml'))
    for switch in ('HF_HUB_OFFLINE', 'ZOO_OFFLINE'):
        monkeypatch.delenv(switch, raising=False)
    return tmp_path


def save_official(state, path):
    """Write a state as the authors' training code does."""
    path.parent.mkdir(exist_ok=True)
    torch.save({'base_model': {f'module.{key}': value for key, value in state.items()}, 'epoch': 299}, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ('file', 'method', 'task'),
    [
        ('recon_classify', 'recon', 'classify'),
        ('pointmae_classify', 'point_mae', 'classify'),
        ('recon_zeroshot', 'recon', 'zero_shot'),
    ],
)
def test_served_downloaded_converted_and_equal(home, file, method, task):
    state, recorded = read(file)
    digest = save_official(state, home / 'www' / 'ckpt.pth')
    name = 'recon-base_noise-official'
    classes = [str(number) for number in range(recorded['output'].shape[1])] if task == 'classify' else ()
    with serving((home / 'www' / 'ckpt.pth').read_bytes()) as server:
        write_index(home, [model_of(name, task, method, f'{server.root}/other.pth', classes, SHA256='0' * 64)])
        assert 'gives another content' in refused(zoo.get_model, name, pretrained=True)
        write_index(home, [model_of(name, task, method, f'{server.root}/ckpt.pth', classes, SHA256=digest)])
        model = zoo.get_model(name, pretrained=True)
    assert not model.training
    assert relative(model(recorded['points']), recorded['output']) < TOLERANCE
    # The server is gone: the second time the file comes from the cache.
    again = zoo.get_model(name, pretrained=True)
    assert torch.equal(again(recorded['points']), model(recorded['points']))
    if task == 'classify':
        found = zoo.Inferencer(name, normalise=False, num_points=recorded['points'].shape[1])(
            recorded['points'].numpy()
        )
        assert [each.index for each in found] == recorded['output'].argmax(dim=1).tolist()


def test_another_use_of_a_released_student(home):
    state, recorded = read('recon_classify')
    save_official(state, home / 'www' / 'ckpt.pth')
    name = 'recon-base_noise-official'
    depth = 0
    while f'blocks.blocks.{depth}.attn.qkv.weight' in state:
        depth += 1
    width = len(state['norm.weight'])
    widths = [len(state[f'encoder.{key}.bias']) for key in ('first_conv.0', 'first_conv.3', 'second_conv.0')]
    student = dict(embed_dim=width, depth=depth, num_heads=3, patch_widths=widths)
    write_index(home, [model_of(name, 'classify', 'recon', (home / 'www' / 'ckpt.pth').as_uri(), 'ab')])
    original = zoo.get_model(name, pretrained=True).requires_grad_(False)
    features = zoo.get_model(name, pretrained=True, features_only=True, pool='cls', backbone=student)
    expected = original.backbone.forward_features(recorded['points'], 'cls')
    assert relative(features(recorded['points']), expected) < TOLERANCE
    other = zoo.get_model(name, pretrained=True, num_classes=7, backbone=student)
    assert other(recorded['points']).shape[1] == 7
    with pytest.raises(UsageError, match=r'do not fit the backbone: .*or change less'):
        zoo.get_model(name, pretrained=True, num_classes=7)
