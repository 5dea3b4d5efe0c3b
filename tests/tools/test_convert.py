"""Released checkpoints in, our safetensors out, or a refusal that names the keys."""

from __future__ import annotations

import hashlib
import re

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

import zoo
from tests.hub.test_official import SIZES as SMALL
from tests.hub.test_official import official_state as released_recon
from tests.hub.test_official_parity import SIZES as PARITY
from tests.hub.test_official_parity import read
from tests.refusals import refused
from tests.teachers.tokenizers.tiny import groups, official_state
from zoo.errors import UsageError
from zoo.hub.convert import convert
from zoo.hub.official_tokenizers import foundation_tensors
from zoo.teachers.tokenizers import CrossModalTokenizer, DVAETokenizer

ASKED = dict(num_tokens=16, embed_dim=8)
SIZES = dict(num_groups=7, group_size=8)


@pytest.mark.parametrize('method', ['point_bert', 'act'])
def test_a_converted_tokenizer_teaches_what_the_released_one_does(tmp_path, method):
    source, target = tmp_path / 'released.pth', tmp_path / 'ours.safetensors'
    torch.save({'base_model': official_state(act=method == 'act')}, source)
    assert 'TokenizerPretrainer' in convert(source, target, method, **SIZES)
    kind = CrossModalTokenizer if method == 'act' else DVAETokenizer
    one, other = kind(str(source), **ASKED), kind(str(target), **ASKED)
    assert torch.equal(one.tokens(*groups()), other.tokens(*groups()))
    torch.testing.assert_close(one(groups()), other(groups()), rtol=0, atol=0)


@pytest.mark.parametrize(
    ('state', 'method', 'task', 'sizes'),
    [
        (official_state, 'point_bert', 'tokenizer', SIZES),
        (lambda: official_state(act=True), 'act', 'tokenizer', SIZES),
        (released_recon, 'recon', 'classify', SMALL),
        (lambda: read('recon_pretrain')[0], 'recon', 'pretrain', PARITY),
        (lambda: read('pointmae_pretrain')[0], 'point_mae', 'pretrain', PARITY),
        (lambda: read('pointmae_classify')[0], 'point_mae', 'classify', PARITY),
        (lambda: read('twotower_pretrain')[0], 'two_tower', 'pretrain', PARITY),
    ],
)
def test_every_tensor_arrives_and_the_header_says_where_from(tmp_path, state, method, task, sizes):
    state, source, target = state(), tmp_path / 'released.pth', tmp_path / 'ours.safetensors'
    torch.save({'base_model': state}, source)
    convert(source, target, method, **sizes)
    model, found = zoo.load_official(state, method, task, **sizes), load_file(target)
    expected = {**model.state_dict(), **foundation_tensors(model)}
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], value) for key, value in expected.items())
    with safe_open(target, framework='pt') as file:
        header = file.metadata()
    assert header['converted_from'] == 'released.pth'
    assert header['source_sha256'] == hashlib.sha256(source.read_bytes()).hexdigest()
    said = [header[name] for name in ('method', 'task', 'num_groups', 'group_size')]
    assert said == [method, task, str(sizes['num_groups']), str(sizes['group_size'])]
    assert {path.name for path in tmp_path.iterdir()} == {'released.pth', 'ours.safetensors'}


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
    assert re.search(message, refused(convert, tmp_path / 'released.pth', tmp_path / target, method, **SIZES))


def test_files_that_do_not_tell_and_files_that_break(tmp_path):
    torch.save({'a.weight': torch.rand(2)}, tmp_path / 'other.pth')
    with pytest.raises(UsageError, match=r'pass --task; it holds a\.weight'):
        convert(tmp_path / 'other.pth', tmp_path / 'ours.safetensors', 'recon')
    (tmp_path / 'cut.pth').write_bytes((tmp_path / 'other.pth').read_bytes()[:60])
    with pytest.raises(UsageError, match=r'cut\.pth is broken or no checkpoint: it is cut off'):
        convert(tmp_path / 'cut.pth', tmp_path / 'ours.safetensors', 'recon')
    assert 'does not exist' in refused(convert, tmp_path / 'nothing.pth', tmp_path / 'ours.safetensors', 'recon')
