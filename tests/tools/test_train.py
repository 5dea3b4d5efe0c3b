"""The training command as a user runs it."""

from __future__ import annotations

import signal

import pytest
from safetensors.torch import load_file

from tests.engine.conftest import CONFIG, largest_difference, run_tool, state_of


@pytest.mark.slow
def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(train, tmp_path):
    """Killed inside of epoch 3, then while the checkpoint of epoch 4 is written; both times resumed."""
    unbroken = train('unbroken')
    command = ('train.py', CONFIG, '--work-dir', 'run', '--device', 'cpu')

    killed = run_tool(*command, '--cfg-options', 'custom_hooks.3.at=14', cwd=tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (tmp_path / 'run' / 'last_checkpoint').read_text().endswith('epoch_2.pth')

    killed = run_tool(*command, '--resume', '--cfg-options', 'custom_hooks.3.in_save_of_epoch=4', cwd=tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert 'epoch_2.pth' in killed.stderr
    assert (tmp_path / 'run' / 'epoch_3.pth').is_file()
    assert (tmp_path / 'run' / '.epoch_4.pth.unfinished').is_file()

    finished = run_tool(*command, '--resume', 'auto', cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert not (tmp_path / 'run' / '.epoch_4.pth.unfinished').exists()
    for one, other in [
        (state_of(tmp_path / 'run' / 'epoch_4.pth'), state_of(tmp_path / 'unbroken' / 'epoch_4.pth')),
        (load_file(tmp_path / 'run' / 'weights.safetensors'), unbroken.model.state_dict()),
    ]:
        assert largest_difference(one, other) < 1e-6


def test_from_another_directory_and_without_data_it_ends_in_one_line(tmp_path):
    missing = run_tool('train.py', 'configs/recon/nono.py', cwd=tmp_path)
    assert missing.returncode == 2
    assert missing.stdout == ''
    assert len(missing.stderr.splitlines()) == 1
    assert 'did you mean configs/recon/nano.py' in missing.stderr
