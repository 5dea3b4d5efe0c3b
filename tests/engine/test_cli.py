from __future__ import annotations

import errno
import io
import signal
import sys

import pytest
from torch.utils.data import DataLoader, Dataset

from tests.engine.conftest import CONFIG, largest_difference
from tests.refusals import refused
from zoo.engine.cli import config_of, config_parser, run_cli
from zoo.errors import UnreadableError, UsageError


def raiser(error):
    def main(arguments):
        raise error

    return main


def test_the_folder_of_a_tool_leaves_the_search_path_and_the_current_one_stays(monkeypatch, tmp_path):
    (tmp_path / 'tool.py').touch()
    monkeypatch.chdir(tmp_path)
    for script, left in (('tool.py', False), ('-c', True)):
        monkeypatch.setattr(sys, 'argv', [script])
        monkeypatch.setattr(sys, 'path', [str(tmp_path), *sys.path])
        run_cli(lambda arguments: None)
        assert (str(tmp_path) in sys.path) is left


def test_exit_codes_and_what_is_printed(capsys):
    assert run_cli(lambda arguments: None) == 0
    assert run_cli(lambda arguments: 3) == 3
    assert capsys.readouterr().err == ''
    assert run_cli(raiser(UsageError('no file a.npz:\n  get it'))) == 2
    assert capsys.readouterr().err == 'error: no file a.npz: get it\n'
    assert run_cli(raiser(KeyboardInterrupt())) == 130
    assert (
        capsys.readouterr().err == 'interrupted; the same command goes on where it stopped (a training with --resume)\n'
    )
    assert run_cli(raiser(OSError(errno.ENOSPC, 'No space left on device', 'work_dirs/x'))) == 2
    assert capsys.readouterr().err.startswith('error: work_dirs/x: No space left on device: make room')
    assert run_cli(raiser(PermissionError(errno.EACCES, 'Permission denied', 'data/x'))) == 2
    assert capsys.readouterr().err.startswith('error: data/x: Permission denied: ask its owner')
    assert run_cli(raiser(OSError('a fault'))) == 1
    assert 'Traceback' in capsys.readouterr().err
    assert run_cli(raiser(RuntimeError('a fault'))) == 1
    assert 'Traceback' in capsys.readouterr().err


def test_a_word_on_sigterm_and_the_run_goes_on_as_if_it_had_not_been(train, tmp_path, capsys):
    unbroken = train('unbroken')
    assert run_cli(lambda arguments: train('run', {'custom_hooks.3.at': 14}) and None) == 143
    *_, word = capsys.readouterr().err.splitlines()
    assert word == 'terminated by SIGTERM; the same command goes on where it stopped (a training with --resume)'
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert not list((tmp_path / 'run').rglob('.*'))
    resumed = train('run', resume='auto')
    assert largest_difference(resumed.model.state_dict(), unbroken.model.state_dict()) == 0


@pytest.mark.parametrize('encoding', ['ascii', 'latin-1'])
def test_an_encoding_that_lacks_a_sign_loses_no_table(monkeypatch, encoding):
    raw = io.BytesIO()
    monkeypatch.setattr('sys.stdout', io.TextIOWrapper(raw, encoding=encoding))
    assert run_cli(lambda arguments: print('38.4 ± 1.2 ↑ 椅')) == 0
    sys.stdout.flush()
    assert raw.getvalue() == '38.4 ± 1.2 ? ?\n'.encode(encoding, errors='replace')


class Broken(Dataset):
    def __init__(self, kind):
        self.kind = kind

    def __len__(self):
        return 2

    def __getitem__(self, index):
        raise self.kind('no file a.npz: get it')


@pytest.mark.parametrize('kind', [UsageError, UnreadableError])
def test_an_error_of_a_worker_process_is_its_own_line(capsys, kind):
    assert run_cli(lambda arguments: list(DataLoader(Broken(kind), num_workers=1))) == 2
    assert capsys.readouterr().err == 'error: no file a.npz: get it\n'


def parse(*arguments):
    return config_parser('A tool.').parse_args([str(CONFIG), *arguments])


def test_every_option_of_the_contract_reaches_the_config():
    words = '--work-dir d --resume --weights w.pth --launcher slurm --device cpu --amp --cfg-options model.width=4'
    config = config_of(parse(*words.split(), 'randomness.deterministic=True', 'custom_hooks.3.at=[1,2]'))
    assert (config.work_dir, config.weights, config.launcher, config.device) == ('d', 'w.pth', 'slurm', 'cpu')
    assert (config.resume, config.load_from) == (True, None)
    assert config_of(parse('--resume', 'some.pth')).load_from == 'some.pth'
    assert config.optim_wrapper.type == 'AutocastOptimWrapper'
    assert (config.model.width, config.randomness.deterministic) == (4, True)
    assert config.custom_hooks[3].at == [1, 2]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--cfg-options', 'model.width'], 'model.width: expected KEY=VALUE'),
        (['--cfg-options', 'model.width=[1,2'], 'Imbalanced'),
        (['--cfg-options', 'model.mask=dict(type=block,ratio=0.7)'], 'for lists, a.b=VALUE for entries of a dict'),
        (['--work-dir', 'w\udcc3\udca9'], 'the locale of this shell has no such letters: set PYTHONUTF8=1'),
        (['--device', 'tpu'], 'invalid choice'),
        (['--color'], '--color'),
    ],
)
def test_wrong_usage_is_one_line(arguments, message):
    with pytest.raises(UsageError, match=message) as caught:
        parse(*arguments)
    assert '--help' in str(caught.value)


def test_homes_are_expanded_where_the_shell_does_not(monkeypatch, tmp_path):
    monkeypatch.setenv('HOME', str(tmp_path))
    (tmp_path / 'my.py').write_text(CONFIG.read_text())
    options = ['--work-dir=~/run', '--weights=~/w.pth', '--resume=~/e.pth', '--cfg-options', 'train_cfg.type=~/x']
    parsed = config_parser('').parse_args(['~/my.py', *options])
    named = [parsed.config, parsed.work_dir, parsed.weights, parsed.resume, parsed.cfg_options['train_cfg.type']]
    assert named == [f'{tmp_path}/{name}' for name in ('my.py', 'run', 'w.pth', 'e.pth', 'x')]
    from tools.benchmark import parser

    assert parser().parse_args(['--all', '--out=~/out', '--packs=~/packs']).packs == tmp_path / 'packs'
    assert '~nobody-of-this-name/x: no home folder' in refused(config_parser('').parse_args, ['~nobody-of-this-name/x'])


def test_homes_are_expanded_in_paths_given_to_python(monkeypatch, tmp_path):
    import zoo
    from zoo.config import load_config
    from zoo.engine import configure, export_weights
    from zoo.hub import load_official, load_weights

    monkeypatch.setenv('HOME', str(tmp_path))
    (tmp_path / 'my.py').write_text(CONFIG.read_text())
    config = configure(load_config('~/my.py'), work_dir='~/run', resume='~/e.pth', device='cpu')
    assert (config.work_dir, config.load_from) == (f'{tmp_path}/run', f'{tmp_path}/e.pth')
    model = zoo.get_model('configs/point_mae/nano.py')
    export_weights(model, tmp_path / 'w.safetensors', {'model': '{}'})
    assert str(tmp_path) in load_weights(model, '~/w.safetensors')
    assert zoo.get_model('configs/point_mae/nano.py', '~/w.safetensors')
    for wrong in (
        lambda: zoo.get_model('~/w.safetensors'),
        lambda: load_official('~/none.pth', 'recon', 'classify', num_groups=4, group_size=4),
    ):
        with pytest.raises(UsageError, match=rf'{tmp_path}/(w|none)\.') as caught:
            wrong()
        assert '~' not in str(caught.value)
