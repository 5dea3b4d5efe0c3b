"""A wheel works from an empty folder, where there is no checkout."""

from __future__ import annotations

import shutil
import zipfile

import pytest

from tests.shared import ROOT, run_python

PARTS = ('zoo', 'benchmarks', 'configs', 'tools', 'weights', 'docs/results/weights')
FILES = ('setup.py', 'pyproject.toml', 'README.md', 'LICENSE', 'model_index.yml')

USE = """
import sys, torch, zoo
from pathlib import Path
from zoo.config import ROOT
assert Path(zoo.__file__).is_relative_to(sys.argv[1]), zoo.__file__
assert ROOT == Path(zoo.__file__).parent / '.mim', ROOT
from zoo.hub.index import entries
for entry in entries().values():
    assert (ROOT / entry.config).is_file(), entry.config
    assert not entry.sources[:1] or '://' in entry.sources[0] or (ROOT / entry.sources[0]).is_file(), entry.name
model = zoo.get_model('point-mae-nano_procedural', features_only=True)
assert model(torch.randn(1, 64, 3)).shape == (1, 96)
from zoo.config import load_config
assert load_config('configs/point_mae/nano.py').model.type == 'Pretrainer'
from benchmarks.protocols.base import load_all
from benchmarks.suites.code import code_version
from benchmarks.suites.job import JOB_TYPES
kinds = [*load_all(), 'pretrain', 'recipe', 'tokenizer', 'released']
assert all(len(code_version(*JOB_TYPES[kind].code)) == 64 for kind in kinds)
from zoo.__main__ import main, tools
assert {'train', 'test', 'benchmark'} <= set(tools())
main(['benchmark', '--list'])
"""


@pytest.fixture
def tree(tmp_path):
    """What a wheel is built from; building in the checkout would leave files there."""
    tree = tmp_path / 'tree'
    tree.mkdir()
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns('__pycache__', '*.orig'))
    for name in FILES:
        shutil.copy(ROOT / name, tree)
    return tree


@pytest.mark.slow
def test_a_wheel_works_from_an_empty_folder(tree, tmp_path):
    run_python('-m', 'pip', 'wheel', '-q', '--no-deps', '--no-build-isolation', '-w', tmp_path, '.', cwd=tree)
    (wheel,) = tmp_path.glob('recon_zoo-*.whl')
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {'zoo/.mim/model_index.yml', 'zoo/.mim/configs/recon/nano.py', 'zoo/.mim/tools/train.py'} <= names
    assert {f'benchmarks/site/page.{ending}' for ending in ('html', 'css', 'js')} <= names
    assert not [name for name in names if name.split('/')[0] in ('tests', 'configs', 'tools')]
    site, empty = tmp_path / 'site', tmp_path / 'empty'
    empty.mkdir()
    run_python('-m', 'pip', 'install', '-q', '--no-deps', '--no-index', '--target', site, wheel, cwd=empty)
    assert (site / 'bin' / 'recon-zoo').is_file()
    said = run_python('-c', USE, site, cwd=empty, PYTHONPATH=str(site), ZOO_HOME=str(empty))
    assert '--suite' in said
    assert not list(empty.rglob('*.py'))
