from __future__ import annotations

import pytest

from tests.refusals import refused
from zoo.config import ROOT
from zoo.hub import list_models, parse_name
from zoo.hub.names import data_file, known_configs


@pytest.mark.parametrize(
    ('name', 'parts'),
    [
        ('recon-base_shapenet55', ('recon', 'base', 'shapenet55', '')),
        ('point-mae-nano_procedural_scan-hardest', ('point-mae', 'nano', 'procedural', 'scan-hardest')),
        ('recon-tiny', ('recon', 'tiny', '', '')),
        ('recon-smc-nano_procedural', ('recon-smc', 'nano', 'procedural', '')),
        ('cmc-dgcnn-nano', ('cmc-dgcnn', 'nano', '', '')),
    ],
)
def test_names_have_parts(name, parts):
    parsed = parse_name(name)
    assert (parsed.stem, parsed.size, parsed.data, parsed.downstream) == parts
    assert str(parsed) == name


@pytest.mark.parametrize(
    ('name', 'method', 'backbone', 'config'),
    [
        ('recon-smc-tiny', 'recon-smc', '', 'recon_smc/tiny'),
        ('cmc-dgcnn-nano_procedural', 'cmc', 'dgcnn', 'cmc/dgcnn_nano'),
        ('point-mae-pointnet2-base', 'point-mae', 'pointnet2', 'point_mae/pointnet2_base'),
        ('dgcnn-nano', 'dgcnn', '', 'dgcnn/nano'),
        ('point-bert-dvae-nano', 'point-bert-dvae', '', 'point_bert_dvae/nano'),
    ],
)
def test_a_registered_backbone_ends_the_method(name, method, backbone, config):
    parsed = parse_name(name)
    assert (parsed.method, parsed.backbone) == (method, backbone)
    assert parsed.config == ROOT / 'configs' / f'{config}.py'


@pytest.mark.parametrize(
    'name', ['', 'recon', 'ReCon-base', 'recon-huge_shapenet55', 'recon-base_', '../recon-base', 'recon-base_a_b_c']
)
def test_other_words_are_no_names(name):
    assert 'is not a model name' in refused(parse_name, name)


def test_every_pretraining_config_has_an_entry():
    listed = {str(parse_name(name)).split('_')[0] for name in list_models()}
    assert {str(config) for config in known_configs()} == listed


@pytest.mark.parametrize('path', ['configs/recon/nano.py', 'weights/a.safetensors', 'model_index.yml'])
def test_paths_of_the_project(path):
    assert data_file(path) == ROOT.resolve() / path


OUTSIDE = r'/etc/passwd ../x weights/../../x a//b ./a ~/x a\b C:/x .git/config'


@pytest.mark.parametrize('path', ['', 'a\nb', 'a' * 500, *OUTSIDE.split()])
def test_paths_that_leave_it(path):
    assert 'leaves' in refused(data_file, path)


def test_a_link_does_not_lead_out(tmp_path, monkeypatch):
    (tmp_path / 'project').mkdir()
    (tmp_path / 'secret').write_text('x')
    (tmp_path / 'project' / 'weights').symlink_to(tmp_path)
    monkeypatch.setattr('zoo.hub.names.ROOT', tmp_path / 'project')
    assert 'leaves' in refused(data_file, 'weights/secret')
