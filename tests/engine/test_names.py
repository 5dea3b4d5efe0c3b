from __future__ import annotations

import pytest

from tests.engine.conftest import CONFIG
from zoo.config import load_config
from zoo.engine import configure
from zoo.engine.names import config_hash, config_name


@pytest.mark.parametrize(
    ('path', 'name'),
    [
        ('configs/recon/nano.py', 'recon_nano'),
        ('/repo/configs/finetune/deep/er.py', 'finetune_deep_er'),
        ('configs/configs/x.py', 'x'),
        ('mine.py', 'mine'),
        ('a/b/mine.py', 'mine'),
        ('', 'unnamed'),
    ],
)
def test_name_is_the_path_inside_configs(path, name):
    assert config_name(path) == name


def test_hash_tells_what_is_computed_and_not_where():
    base = config_hash(load_config(CONFIG))
    assert config_hash(configure(load_config(CONFIG), work_dir='elsewhere', resume='x', device='cpu')) == base
    assert config_hash(load_config(CONFIG, {'model.width': 9})) != base
    assert config_hash(configure(load_config(CONFIG), amp=True)) != base
    assert config_hash(configure(load_config(CONFIG), weights='w.pth')) != base
