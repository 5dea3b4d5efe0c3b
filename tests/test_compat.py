from __future__ import annotations

import io
import pickle
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub

from tests.refusals import refused
from tests.shared import run, run_python
from zoo import compat
from zoo.errors import UsageError


def roundtrip(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


@pytest.mark.parametrize(
    ('function', 'variable', 'default'),
    [
        (compat.zoo_home, 'ZOO_HOME', Path.home() / '.cache' / 'recon-zoo'),
        (compat.data_root, 'ZOO_DATA', Path('data')),
    ],
)
def test_folders_come_from_the_environment(monkeypatch, function, variable, default):
    monkeypatch.delenv(variable, raising=False)
    assert function() == default
    monkeypatch.setenv(variable, '')
    assert function() == default
    monkeypatch.setenv(variable, '~/elsewhere')
    assert function() == Path.home() / 'elsewhere'


def test_a_relative_cache_stays_where_it_was(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('ZOO_HOME', 'cache')
    assert compat.zoo_home() == tmp_path / 'cache'


@pytest.fixture
def homeless(monkeypatch):
    """A user without an entry and without HOME, as containers and batch systems have them."""

    def unknown(_):
        raise KeyError('uid not found')

    monkeypatch.delenv('HOME')
    monkeypatch.delenv('ZOO_HOME', raising=False)
    monkeypatch.setattr('pwd.getpwuid', unknown)


def test_without_a_home_one_line_names_the_way_out(homeless, monkeypatch, tmp_path):
    assert re.search('set HOME, .* or set ZOO_HOME', refused(compat.zoo_home))
    monkeypatch.setenv('ZOO_HOME', str(tmp_path))
    assert compat.zoo_home() == tmp_path
    monkeypatch.setenv('ZOO_DATA', '~/data')
    assert '~/data: no home folder is known' in refused(compat.data_root)


def test_the_report_of_a_user_without_home_is_printed(homeless):
    from zoo.__main__ import report

    assert 'or set ZOO_HOME' in report()


@pytest.mark.slow
def test_a_tool_starts_for_a_user_without_home():
    """Of what the tools import, yapf looks for a cache of its own."""
    code = """
import pwd, runpy, sys
def unknown(_):
    raise KeyError('uid not found')
pwd.getpwuid = unknown
sys.argv = ['data.py', 'list']
runpy.run_path('tools/data.py', run_name='__main__')
"""
    done = run(sys.executable, '-c', code, unset=('HOME', 'ZOO_HOME', 'XDG_CACHE_HOME'))
    assert (done.returncode, done.stderr) == (0, '')


def test_the_folder_of_a_user_who_does_not_exist():
    assert '~nobody-of-this-name/x: no home folder' in refused(compat.expand, '~nobody-of-this-name/x')


@pytest.mark.slow
def test_torchvision_timm_and_clip_import_after_ensure():
    code = """
from zoo.compat import ensure_torchvision
ensure_torchvision(); ensure_torchvision()
import torch, torchvision, timm
from torchvision.transforms import v2
from transformers import CLIPModel
print(tuple(v2.Resize((4, 4))(torch.rand(3, 8, 8)).shape))
"""
    assert run_python('-c', code).strip() == '(3, 4, 4)'


def test_a_compiled_operator_without_library_raises():
    compat.ensure_torchvision()
    import torchvision

    if torchvision.extension._has_ops():
        pytest.skip('torchvision loads its compiled library here: nothing was declared in its place')
    with pytest.raises((RuntimeError, NotImplementedError)):
        torchvision.ops.nms(torch.rand(2, 4), torch.rand(2), 0.5)


def test_torchvision_that_imports_is_left_alone():
    compat.ensure_torchvision()
    before, declared = sys.modules['torchvision'], len(compat._libraries)
    compat.ensure_torchvision()
    assert sys.modules['torchvision'] is before
    assert len(compat._libraries) == declared


def test_a_mismatched_pair_is_a_readable_error(monkeypatch):
    monkeypatch.setattr(torch.version, 'cuda', '13.0')
    with pytest.raises(UsageError, match='belong together'):
        compat._declare_operators(RuntimeError('operator torchvision::nms does not exist'))


def test_a_message_hub_survives_weights_only():
    compat.allow_mmengine_checkpoints()
    compat.allow_mmengine_checkpoints()
    hub = MessageHub('compat-test')
    for step in range(5):
        hub.update_scalar('train/loss', float(step))
    hub.update_info('best', np.float64(0.25))
    hub.update_info('counts', np.arange(3, dtype=np.int64))
    loaded = roundtrip({'message_hub': hub.state_dict(), 'weight': torch.ones(2)})['message_hub']
    restored = MessageHub('compat-test-restored')
    restored.load_state_dict(loaded)
    history = restored.get_scalar('train/loss')
    assert history.data[0].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert history.mean(2) == 3.5
    assert history.statistics('max', 5) == 4.0
    assert restored.get_info('best') == 0.25
    assert restored.get_info('counts').tolist() == [0, 1, 2]


class AttributeOf:
    """Pickles as ``getattr(owner, name)``: what a hostile checkpoint would write."""

    def __init__(self, owner, name):
        self.owner, self.name = owner, name

    def __reduce__(self):
        return getattr, (self.owner, self.name)


@pytest.mark.parametrize(
    ('owner', 'name'),
    [(HistoryBuffer, '__init__'), (HistoryBuffer, '_statistics_methods'), ([], 'append'), (np.ndarray, 'tofile')],
)
def test_other_attributes_stay_closed(owner, name):
    compat.allow_mmengine_checkpoints()
    with pytest.raises(pickle.UnpicklingError, match='refused'):
        roundtrip(AttributeOf(owner, name))
