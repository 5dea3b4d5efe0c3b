"""Tokenizers as teachers: read from files at the first use, frozen, and plain about what is missing."""

from __future__ import annotations

import json
import re

import pytest
import torch
from safetensors.torch import save_file

from tests.refusals import refused
from tests.teachers.tokenizers.tiny import RANDOM, SIZES, cross_modal, dvae, groups
from zoo.errors import UsageError
from zoo.registry import TEACHERS
from zoo.teachers.tokenizers import CrossModalTokenizer, DVAETokenizer

ASKED = dict(num_tokens=16, embed_dim=8)


def write(path, network, config):
    """A file as a training run exports it."""
    tensors = {f'tokenizer.{name}': tensor.clone() for name, tensor in network.state_dict().items()}
    header = {'model': json.dumps({'type': 'TokenizerPretrainer', 'tokenizer': config})}
    save_file({**tensors, 'step': torch.tensor(3)}, path, metadata=header)
    return str(path)


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / 'dvae.safetensors', dvae(), {'type': 'DiscreteVAE', **SIZES})


def test_tokens_and_features_are_those_of_the_network(file):
    teacher, network = DVAETokenizer(file, **ASKED), dvae()
    assert torch.equal(teacher.tokens(*groups()), network.tokens(*groups()))
    features = teacher(groups())
    torch.testing.assert_close(features, network.features(*groups()))
    assert features.dtype == torch.float32
    assert not features.requires_grad


def test_cross_modal_tokenizer_finds_its_foundation_in_the_header(tmp_path):
    config = {'type': 'CrossModalVAE', 'foundation': RANDOM, 'num_prompts': 5, **SIZES}
    teacher = CrossModalTokenizer(write(tmp_path / 'act.safetensors', cross_modal(), config), **ASKED)
    torch.testing.assert_close(teacher(groups()), cross_modal().features(*groups()))


def test_a_foundation_in_a_local_file_is_named_to_the_teacher(tmp_path):
    """A file trained around local weights names them, and what data name is not opened; the user may name them."""
    import timm

    torch.manual_seed(0)
    whole = timm.create_model('vit_tiny_patch16_224', num_classes=0)
    local = {'type': 'TimmTransformer', 'model_name': 'vit_tiny_patch16_224', 'embed_dim': 192, 'depth': 2}
    foundations = []
    for name in ('one.pth', 'other.pth'):
        torch.nn.init.normal_(whole.blocks[0].attn.qkv.weight, std=0.5)
        torch.save(whole.state_dict(), tmp_path / name)
        foundations.append({**local, 'weights': str(tmp_path / name)})
    network = cross_modal(foundation=foundations[0])
    config = {'type': 'CrossModalVAE', 'foundation': foundations[0], 'num_prompts': 5, **SIZES}
    path = write(tmp_path / 'act.safetensors', network, config)
    assert re.search(r'names its files.*or foundation=dict', refused(CrossModalTokenizer(path, **ASKED), groups()))
    one, other = (CrossModalTokenizer(path, **ASKED, foundation=foundation) for foundation in foundations)
    torch.testing.assert_close(one(groups()), network.features(*groups()))
    assert not torch.allclose(one(groups()), other(groups()))
    assert one.fingerprint != other.fingerprint


def test_the_foundation_inside_follows_the_teacher(tmp_path):
    config = {'type': 'CrossModalVAE', 'foundation': RANDOM, 'num_prompts': 5, **SIZES}
    path = write(tmp_path / 'act.safetensors', cross_modal(), config)
    late, early = CrossModalTokenizer(path, **ASKED).double(), CrossModalTokenizer(path, **ASKED)
    early(groups())
    early.double()
    inputs = tuple(part.double() for part in groups())
    torch.testing.assert_close(early(inputs), late(inputs))
    for teacher in (late, early):
        foundation = teacher._network().foundation._network()
        assert {parameter.dtype for parameter in foundation.parameters()} == {torch.float64}


def test_it_is_read_late_and_kept_out_of_the_module_tree(file):
    teacher = DVAETokenizer(file, **ASKED).train()
    assert not teacher.loaded
    first = teacher.tokens(*groups())
    assert teacher.loaded
    assert not list(teacher.parameters())
    assert not teacher.state_dict()
    assert not teacher._network().training
    assert torch.equal(teacher.tokens(*groups()), first)
    teacher.release()
    assert torch.equal(teacher.tokens(*groups()), first)


def test_the_fingerprint_follows_the_file(file, tmp_path):
    other = write(tmp_path / 'other.safetensors', dvae(decoder_dim=12), {'type': 'DiscreteVAE', **SIZES})
    prints = {DVAETokenizer(path, **ASKED).fingerprint for path in (file, file, other)}
    assert len(prints) == 2
    assert DVAETokenizer(file, **ASKED, sample=True).fingerprint not in prints


@pytest.mark.parametrize(
    ('kind', 'command'),
    [
        ('DVAETokenizer', r'train\.py configs/point_bert/dvae\.py'),
        ('CrossModalTokenizer', r'train\.py configs/act/autoencoder\.py'),
    ],
)
def test_a_missing_file_names_the_command_that_makes_it(kind, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    teacher = TEACHERS.build(dict(type=kind))
    assert re.search(rf'there is no file work_dirs.*{command}', refused(teacher.tokens, *groups()))


@pytest.mark.parametrize(
    ('kind', 'options', 'message'),
    [
        (DVAETokenizer, dict(num_tokens=32), 'set num_tokens=16'),
        (DVAETokenizer, dict(embed_dim=9), 'set embed_dim=8'),
        (CrossModalTokenizer, dict(foundation=RANDOM), 'holds a DiscreteVAE, CrossModalTokenizer'),
    ],
)
def test_a_file_of_another_kind_than_asked_for(file, kind, options, message):
    assert message in refused(kind(file, **{**ASKED, **options}).tokens, *groups())


def test_files_without_a_tokenizer(tmp_path):
    save_file({'a': torch.ones(2)}, tmp_path / 'other.safetensors')
    save_file({'a': torch.ones(2)}, tmp_path / 'broken.safetensors', metadata={'model': '{'})
    (tmp_path / 'cut.safetensors').write_bytes((tmp_path / 'other.safetensors').read_bytes()[:20])
    for name, message in (
        ('other', 'holds no tokenizer: give weights exported'),
        ('broken', 'config in the header cannot be read'),
        ('cut', 'is broken or no checkpoint'),
    ):
        with pytest.raises(UsageError, match=message):
            DVAETokenizer(str(tmp_path / f'{name}.safetensors'), **ASKED).tokens(*groups())


def test_tensors_that_do_not_fit_are_named(tmp_path):
    network = dvae()
    path = write(tmp_path / 'dvae.safetensors', network, {'type': 'DiscreteVAE', **SIZES, 'code_dim': 6})
    assert 'of another shape: codebook' in refused(DVAETokenizer(path, **ASKED).tokens, *groups())


@pytest.mark.parametrize('inputs', [torch.randn(2, 7, 8, 3), (torch.randn(2, 7, 8, 3),), 'points'])
def test_inputs_of_another_kind(file, inputs):
    assert 'needs neighborhoods' in refused(DVAETokenizer(file, **ASKED), inputs)
