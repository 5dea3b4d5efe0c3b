from __future__ import annotations

import pytest
import torch
from mmengine import Config
from safetensors.torch import save_file

import zoo
from zoo.errors import UsageError


def test_by_name_config_path_and_config():
    by_name = zoo.get_model('recon-nano_procedural')
    by_path = zoo.get_model('configs/recon/nano.py')
    by_config = zoo.get_model(Config.fromfile(str(zoo.hub.names.ROOT / 'configs/recon/nano.py')))
    shapes = [
        {key: value.shape for key, value in model.state_dict().items()} for model in (by_name, by_path, by_config)
    ]
    assert shapes[0] == shapes[1] == shapes[2]
    assert not by_name.training
    assert by_name(torch.randn(2, 512, 3)).shape == (2, 4 * 96)


def test_overrides_are_merged():
    model = zoo.get_model('configs/finetune/procedural.py', num_classes=3, backbone=dict(depth=2))
    assert model(torch.randn(2, 512, 3)).shape == (2, 3)
    assert model.backbone.depth == 2
    assert model.backbone.embed_dim == 96


def test_weights_by_path(tmp_path):
    torch.manual_seed(0)
    source = zoo.get_model('recon-nano_procedural')
    save_file(source.state_dict(), tmp_path / 'w.safetensors')
    loaded = zoo.get_model('recon-nano_procedural', pretrained=tmp_path / 'w.safetensors')
    points = torch.randn(2, 512, 3)
    assert torch.equal(source(points), loaded(points))


@pytest.mark.parametrize(
    ('source', 'pretrained', 'message'),
    [
        ('configs/recon/huge.py', False, 'does not exist'),
        ('recon-nano_nowhere', False, 'no model'),
        ('recon-base_shapenet55', True, 'no weights'),
        ('configs/recon/nano.py', True, 'needs a model name'),
    ],
)
def test_what_is_not_there(source, pretrained, message):
    with pytest.raises(UsageError, match=message):
        zoo.get_model(source, pretrained=pretrained)
