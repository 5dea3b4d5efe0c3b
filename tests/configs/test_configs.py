"""Every config loads, builds, dumps, and says what it is."""

from __future__ import annotations

import ast

import pytest
from mmengine import Config

from zoo.config import ROOT, load_config
from zoo.registry import MODELS

FILES = sorted(path for path in (ROOT / 'configs').rglob('*.py'))
CONFIGS = [path for path in FILES if '_base_' not in path.parts]
IDS = [str(path.relative_to(ROOT / 'configs')) for path in CONFIGS]


@pytest.mark.parametrize('path', FILES, ids=lambda path: str(path.relative_to(ROOT / 'configs')))
def test_it_opens_with_a_docstring(path):
    text = ast.get_docstring(ast.parse(path.read_text(encoding='utf-8')))
    assert text
    if '_base_' not in path.parts:
        for word in ('arXiv', 'Cost:', 'Expected:', 'Command: python tools/'):
            assert word in text, f'{path} does not say {word}'
        command = text.split('Command: ')[1].split()
        assert (ROOT / command[2]) == path


@pytest.mark.parametrize('path', CONFIGS, ids=IDS)
def test_it_survives_a_dump(path, tmp_path):
    config = load_config(path)
    config.dump(tmp_path / 'dumped.py')
    assert Config.fromfile(tmp_path / 'dumped.py').to_dict() == config.to_dict()


@pytest.mark.parametrize('path', CONFIGS, ids=IDS)
def test_its_model_builds_and_has_the_objectives_it_names(path):
    config = load_config(path)
    model = MODELS.build(config.model)
    if config.model.type == 'Pretrainer':
        assert set(model.objectives) == set(config.model.objectives)
        assert all(teacher.frozen for teacher in model.teachers().values())


def test_fine_tuning_knows_the_number_of_classes():
    from zoo.datasets.procedural import CLASSES

    assert load_config('configs/finetune/procedural.py').model.num_classes == len(CLASSES)


@pytest.mark.parametrize(
    'path',
    [path for path in FILES if 'sizes' not in path.parts],
    ids=lambda path: str(path.relative_to(ROOT / 'configs')),
)
def test_it_says_no_size_of_its_own(path):
    assert 'size' not in load_config(path)
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.keyword) and node.arg == 'backbone' and isinstance(node.value, ast.Call):
            assert not {word.arg for word in node.value.keywords} & {'depth', 'num_heads', 'group_size'}


@pytest.mark.parametrize('size', ['nano', 'tiny', 'small', 'base'])
def test_methods_share_the_student_of_a_size(size):
    said = Config.fromfile(ROOT / 'configs' / '_base_' / 'sizes' / f'{size}.py').size.backbone
    for path in CONFIGS:
        if path.stem == size:
            backbone = load_config(path).model.backbone
            assert {key: backbone[key] for key in said} == said, path
