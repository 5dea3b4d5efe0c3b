from __future__ import annotations

import pytest

from zoo.errors import UsageError
from zoo.hub import list_models, parse_name
from zoo.hub.index import find_entry, read_index
from zoo.hub.names import ROOT, known_configs


@pytest.mark.parametrize(
    ('name', 'parts'),
    [
        ('recon-base_shapenet55', ('recon', 'base', 'shapenet55', '')),
        ('point-mae-nano_procedural_scan-hardest', ('point-mae', 'nano', 'procedural', 'scan-hardest')),
        ('recon-tiny', ('recon', 'tiny', '', '')),
        ('recon-smc-nano_procedural', ('recon-smc', 'nano', 'procedural', '')),
    ],
)
def test_names_have_parts(name, parts):
    parsed = parse_name(name)
    assert (parsed.method, parsed.size, parsed.data, parsed.downstream) == parts
    assert str(parsed) == name


@pytest.mark.parametrize(
    'name', ['', 'recon', 'ReCon-base', 'recon-huge_shapenet55', 'recon-base_', '../recon-base', 'recon-base_a_b_c']
)
def test_other_words_are_no_names(name):
    with pytest.raises(UsageError, match='is not a model name'):
        parse_name(name)


def test_every_entry_follows_the_grammar_and_has_its_config():
    entries = read_index()
    assert entries
    for name, entry in entries.items():
        parsed = parse_name(name)
        assert (ROOT / entry.config).is_file()
        if entry.task == 'pretrain':
            assert parsed.config == ROOT / entry.config


def test_every_pretraining_config_has_an_entry():
    listed = {str(parse_name(name)).split('_')[0] for name in list_models()}
    assert {str(config) for config in known_configs()} == listed


def test_filters():
    assert list_models('recon-smc-*', task='pretrain') == [
        'recon-smc-base_shapenet55',
        'recon-smc-nano_procedural',
        'recon-smc-small_shapenet55',
        'recon-smc-tiny_shapenet55',
    ]
    assert set(list_models(pretrained=True)) | set(list_models(pretrained=False)) == set(list_models())


def test_names_are_found_in_any_case_and_unknown_ones_listed():
    assert find_entry('ReCon-Base_ShapeNet55').name == 'recon-base_shapenet55'
    with pytest.raises(UsageError, match=r'known are .*recon-base_shapenet55'):
        find_entry('recon-base_nowhere')


@pytest.mark.parametrize('text', ['', 'Models: 3', 'Models: [{Name: a}]', '- [', '{'])
def test_broken_indices_are_one_line(tmp_path, text):
    path = tmp_path / 'model_index.yml'
    path.write_text(text)
    with pytest.raises(UsageError, match=r'model_index\.yml cannot be read'):
        read_index(path)
