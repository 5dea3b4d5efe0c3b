from __future__ import annotations

import importlib
import json
import re
import shutil

import pytest
import torch

from tests.refusals import refused
from zoo.compat import ensure_torchvision
from zoo.errors import UsageError
from zoo.teachers import TimmImageTeacher

ensure_torchvision()
timm = pytest.importorskip('timm')

NAME = 'test_vit'  # timm's own network for tests: 64 channels, 160 pixels


@pytest.fixture(scope='module')
def model():
    torch.manual_seed(0)
    return timm.create_model(NAME, num_classes=10).eval()


@pytest.fixture(scope='module')
def folder(model, tmp_path_factory):
    """A folder as timm writes it."""
    path = tmp_path_factory.mktemp('timm')
    importlib.import_module('timm.models._hub').save_for_hf(model, path, safe_serialization=True)
    return path


@pytest.fixture(scope='module')
def file(model, tmp_path_factory):
    """A checkpoint of torch, with the weights under a key, as training scripts write it."""
    path = tmp_path_factory.mktemp('file') / 'checkpoint.pth'
    torch.save({'epoch': 3, 'state_dict': {f'module.{key}': value for key, value in model.state_dict().items()}}, path)
    return path


def by_hand(model, images):
    fields = model.pretrained_cfg
    mean, std = (torch.tensor(fields[key]).view(3, 1, 1) for key in ('mean', 'std'))
    with torch.no_grad():
        return model.forward_head(model.forward_features((images - mean) / std), pre_logits=True)


def test_a_folder_and_a_file_give_the_features_of_the_model(model, folder, file):
    images = torch.rand(2, 3, 160, 160)
    expected = by_hand(model, images)
    torch.testing.assert_close(TimmImageTeacher(str(folder), 64)(images), expected)
    teacher = TimmImageTeacher(NAME, 64, weights=str(file))
    torch.testing.assert_close(teacher(images), expected)
    assert not teacher.state_dict()
    assert TimmImageTeacher(str(folder), 64)(torch.rand(1, 3, 90, 120)).shape == (1, 64)


def test_weights_without_a_head(model, folder, tmp_path):
    headless = {key: value for key, value in model.state_dict().items() if not key.startswith('head.')}
    torch.save(headless, tmp_path / 'headless.pth')
    images = torch.rand(1, 3, 160, 160)
    found = TimmImageTeacher(NAME, 64, weights=str(tmp_path / 'headless.pth'))(images)
    torch.testing.assert_close(found, by_hand(model, images))


def test_another_input_size_scales_the_position_embedding(folder):
    teacher = TimmImageTeacher(str(folder), 64, input_size=64)
    assert teacher(torch.rand(2, 3, 160, 160)).shape == (2, 64)
    assert teacher.fingerprint != TimmImageTeacher(str(folder), 64).fingerprint


def test_trained(folder):
    teacher = TimmImageTeacher(str(folder), 64, frozen=False)
    teacher(torch.rand(2, 3, 160, 160)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in teacher.parameters())
    assert not any('head.' in name for name in teacher.state_dict())


def test_fingerprint_knows_the_weights(model, tmp_path):
    weights = model.state_dict()
    torch.save(weights, tmp_path / 'w.pth')
    first = TimmImageTeacher(NAME, 64, weights=str(tmp_path / 'w.pth')).fingerprint
    torch.save({key: value + 1 for key, value in weights.items()}, tmp_path / 'w.pth')
    assert TimmImageTeacher(NAME, 64, weights=str(tmp_path / 'w.pth')).fingerprint != first


def test_incomplete_weights_are_an_error(model, tmp_path):
    weights = model.state_dict()
    del weights['norm.weight']
    torch.save(weights, tmp_path / 'w.pth')
    with pytest.raises(UsageError, match=r'Missing key.*norm\.weight'):
        TimmImageTeacher(NAME, 64, weights=str(tmp_path / 'w.pth'))(torch.rand(1, 3, 160, 160))


def test_wrong_names_say_so(tmp_path, file):
    images = torch.rand(1, 3, 32, 32)
    assert "knows no network 'no_such_net'" in refused(TimmImageTeacher('no_such_net'), images)
    assert "knows no network 'no_such_net'" in refused(TimmImageTeacher('no_such_net', weights=str(file)), images)
    assert 'there is no file' in refused(TimmImageTeacher(NAME, weights=str(tmp_path / 'none.pth')), images)
    assert 'there is no folder' in refused(TimmImageTeacher(str(tmp_path / 'none')), images)
    assert 'has no config.json' in refused(TimmImageTeacher(str(tmp_path)), images)
    (tmp_path / 'config.json').write_text('{"model_type": "clip"}')
    (tmp_path / 'pytorch_model.bin').write_bytes(b'')
    assert "names no 'architecture'" in refused(TimmImageTeacher(str(tmp_path)), images)


ARGUMENTS = (
    {'checkpoint_path': 'evil.pth'},
    {'pretrained': True},
    {'pretrained_cfg': {'url': 'http://127.0.0.1:9/w.pth'}},
    {'cache_dir': '/'},
    {'scriptable': True},
    {'embed_dim': 10**12},
    {'_scope_': 'x'},
)


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        *(('model_args', arguments, 'model_args in config') for arguments in ARGUMENTS),
        *(('architecture', name, 'knows no network') for name in ('hf_hub:evil/model', 'local-dir:/evil', 'os.system')),
    ],
)
def test_a_configuration_from_a_hub_names_networks_of_timm_alone_and_no_files(folder, tmp_path, key, value, message):
    for path in folder.iterdir():
        shutil.copy(path, tmp_path)
    config = json.loads((tmp_path / 'config.json').read_text())
    (tmp_path / 'config.json').write_text(json.dumps({**config, key: value}))
    assert re.search(message, refused(TimmImageTeacher(str(tmp_path), 64), torch.rand(1, 3, 160, 160)))
