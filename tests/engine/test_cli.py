from __future__ import annotations

import errno

import pytest
from torch.utils.data import DataLoader, Dataset

from tests.engine.conftest import CONFIG
from zoo.engine.cli import config_of, config_parser, run_cli
from zoo.errors import UsageError


def raiser(error):
    def main(arguments):
        raise error

    return main


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


class Broken(Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        raise UsageError('no file a.npz: get it')


def test_an_error_of_a_worker_process_is_its_own_line(capsys):
    assert run_cli(lambda arguments: list(DataLoader(Broken(), num_workers=1))) == 2
    assert capsys.readouterr().err == 'error: no file a.npz: get it\n'


def parse(*arguments):
    return config_parser('A tool.').parse_args([str(CONFIG), *arguments])


def test_resume_takes_a_path_or_nothing():
    assert parse().resume is None
    assert parse('--resume').resume == 'auto'
    assert parse('--resume', 'auto').resume == 'auto'
    assert parse('--resume', 'x.pth').resume == 'x.pth'


def test_every_option_of_the_contract_reaches_the_config():
    words = '--work-dir d --resume --weights w.pth --launcher slurm --device cpu --amp --cfg-options model.width=4'
    config = config_of(parse(*words.split(), 'randomness.deterministic=True', 'custom_hooks.3.at=[1,2]'))
    assert (config.work_dir, config.weights, config.launcher, config.device) == ('d', 'w.pth', 'slurm', 'cpu')
    assert config.resume
    assert config.optim_wrapper.type == 'AutocastOptimWrapper'
    assert (config.model.width, config.randomness.deterministic) == (4, True)
    assert config.custom_hooks[3].at == [1, 2]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--cfg-options', 'model.width'], 'model.width: expected KEY=VALUE'),
        (['--cfg-options', 'model.width=[1,2'], 'Imbalanced'),
        (['--device', 'tpu'], 'invalid choice'),
        (['--colour'], '--colour'),
    ],
)
def test_wrong_usage_is_one_line(arguments, message):
    with pytest.raises(UsageError, match=message) as caught:
        parse(*arguments)
    assert '--help' in str(caught.value)
