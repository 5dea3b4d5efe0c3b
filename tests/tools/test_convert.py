"""Released checkpoints in, our safetensors out, or a refusal that names the keys."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

import zoo
from tests.hub.test_official import official_state as released_recon
from tests.shared import shared_file
from tests.teachers.tokenizers.tiny import groups, official_state
from zoo.errors import UsageError
from zoo.hub import load_weights
from zoo.hub.convert import convert
from zoo.teachers.tokenizers import CrossModalTokenizer, DVAETokenizer

ASKED = dict(num_tokens=16, embed_dim=8)
SIZES = dict(num_groups=7, group_size=8)


def header(path):
    with safe_open(path, framework='pt') as file:
        return file.metadata()


@pytest.mark.parametrize('method', ['point_bert', 'act'])
def test_a_converted_tokenizer_teaches_what_the_released_one_does(tmp_path, method):
    source, target = tmp_path / 'released.pth', tmp_path / 'ours.safetensors'
    torch.save({'base_model': official_state(act=method == 'act')}, source)
    report = convert(source, target, method, **SIZES)
    assert 'TokenizerPretrainer' in report
    kind = CrossModalTokenizer if method == 'act' else DVAETokenizer
    one, other = kind(str(source), **ASKED), kind(str(target), **ASKED)
    assert torch.equal(one.tokens(*groups()), other.tokens(*groups()))
    torch.testing.assert_close(one(groups()), other(groups()), rtol=0, atol=0)


def test_the_header_says_where_it_comes_from(tmp_path):
    source, target = tmp_path / 'released.pth', tmp_path / 'ours.safetensors'
    torch.save(official_state(), source)
    convert(source, target, 'point_bert', **SIZES)
    found = header(target)
    assert found['converted_from'] == 'released.pth'
    assert found['source_sha256'] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert (found['method'], found['task'], found['num_groups'], found['group_size']) == (
        'point_bert',
        'tokenizer',
        '7',
        '8',
    )
    assert not list(tmp_path.glob('*unfinished*'))


def test_every_tensor_survives(tmp_path):
    source, target = tmp_path / 'released.pth', tmp_path / 'ours.safetensors'
    state = official_state(act=True)
    torch.save(state, source)
    convert(source, target, 'act', **SIZES)
    ours = load_file(target)
    sums = sorted(round(float(value.double().sum()), 6) for key, value in ours.items() if 'num_batches' not in key)
    prompts = ('visual_prompt', 'deep_prompt')
    theirs = [float(value.double().sum()) for key, value in state.items() if not key.startswith(prompts)]
    theirs += [
        sum(float(value.double().sum()) for key, value in state.items() if key.startswith(prompts) and kind in key)
        for kind in ('_pos', '_token')
    ]
    assert sums == pytest.approx(sorted([*theirs, 0.0]), abs=1e-4)  # 0: the counter of steps


def test_a_fine_tuned_recon(tmp_path):
    source, target = tmp_path / 'released.pth', tmp_path / 'ours.safetensors'
    torch.save({'base_model': released_recon()}, source)
    convert(source, target, 'recon', num_groups=8, group_size=6, num_heads=3)
    assert header(target)['task'] == 'classify'
    model = zoo.load_official(source, 'recon', 'classify', num_groups=8, group_size=6, num_heads=3)
    ours = load_file(target)
    assert set(ours) == set(model.state_dict())
    assert all(torch.equal(ours[key], value) for key, value in model.state_dict().items())


@pytest.mark.parametrize(
    ('name', 'method', 'task'),
    [
        ('recon_pretrain', 'recon', 'pretrain'),
        ('pointmae_pretrain', 'point_mae', 'pretrain'),
        ('pointmae_classify', 'point_mae', 'classify'),
        ('twotower_pretrain', 'two_tower', 'pretrain'),
    ],
)
def test_files_of_the_released_code(tmp_path, name, method, task):
    arrays = np.load(shared_file('parity', f'{name}.npz'))
    prefix = 'state_dict/'
    state = {key.removeprefix(prefix): torch.from_numpy(arrays[key]) for key in arrays if key.startswith(prefix)}
    source, target = tmp_path / 'released.pth', tmp_path / 'ours.safetensors'
    torch.save({'base_model': state}, source)
    sizes = dict(num_groups=16, group_size=8, num_heads=3)
    convert(source, target, method, **sizes)
    assert header(target)['task'] == task
    model = zoo.load_official(state, method, task, **sizes)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    model.load_state_dict(load_file(target))
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    load_weights(model, target)


def test_the_tool_says_what_it_wrote_or_refuses_with_the_list_of_keys(tool, tmp_path):
    state, target = official_state(), tmp_path / 'ours.safetensors'
    command = (tmp_path / 'released.pth', target, '--from', 'point_bert', '--group-size', 8)
    torch.save(state, command[0])
    code, out, _ = tool(*command)
    assert (code, out.startswith(f'{target}: ')) == (0, True)
    target.unlink()
    del state['dgcnn_1.layer2.1.bias']
    torch.save({**state, 'extra.weight': torch.rand(2)}, command[0])
    code, _, errors = tool(*command)
    assert code == 2
    assert 'to_logits.layers.1.norm.bias' in errors
    assert 'extra.weight' in errors
    assert not list(tmp_path.glob('*.safetensors*'))


@pytest.mark.parametrize(
    ('target', 'method', 'message'),
    [
        ('ours.pth', 'point_bert', r'called \*\.safetensors'),
        ('nowhere/ours.safetensors', 'point_bert', 'there is no folder'),
        ('ours.safetensors', 'point_net', "unknown method 'point_net'"),
        ('ours.safetensors', 'recon', 'no official checkpoints'),
    ],
)
def test_what_cannot_be_converted(tmp_path, target, method, message):
    torch.save(official_state(), tmp_path / 'released.pth')
    with pytest.raises(UsageError, match=message):
        convert(tmp_path / 'released.pth', tmp_path / target, method, **SIZES)


def test_files_that_do_not_tell_and_files_that_break(tmp_path):
    torch.save({'a.weight': torch.rand(2)}, tmp_path / 'other.pth')
    with pytest.raises(UsageError, match=r'pass --task; it holds a\.weight'):
        convert(tmp_path / 'other.pth', tmp_path / 'ours.safetensors', 'recon')
    (tmp_path / 'cut.pth').write_bytes((tmp_path / 'other.pth').read_bytes()[:60])
    with pytest.raises(UsageError, match=r'cut\.pth is broken or no checkpoint: it is cut off'):
        convert(tmp_path / 'cut.pth', tmp_path / 'ours.safetensors', 'recon')
    with pytest.raises(UsageError, match='does not exist'):
        convert(tmp_path / 'nothing.pth', tmp_path / 'ours.safetensors', 'recon')
